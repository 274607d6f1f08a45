"""Makers of telegrams after the layouts of the standards, independent of the code that reads them."""

from __future__ import annotations

from datetime import datetime


def mbus_frame(  # noqa: PLR0913 - the fields of the header
    records: str,
    *,
    serial: str = "12345678",
    maker: str = "KAM",
    version: int = 0x34,
    medium: int = 0x04,
    status: int = 0,
    configuration: int = 0,
) -> bytes:
    """RSP_UD with the long header; ``records`` are the data blocks in hexadecimal digits."""
    letters = sum((ord(letter) - 64) << shift for letter, shift in zip(maker, (10, 5, 0), strict=True))
    header = bytes.fromhex(serial)[::-1] + letters.to_bytes(2, "little")
    header += bytes([version, medium, 0x55, status]) + configuration.to_bytes(2, "little")
    body = b"\x08\x01\x72" + header + bytes.fromhex(records)
    return bytes([0x68, len(body), len(body), 0x68]) + body + bytes([sum(body) & 0xFF, 0x16])


def mbus_clock(at: datetime) -> str:
    """The block of a type F instant."""
    year = at.year % 100
    day = at.day | (year & 7) << 5
    month = at.month | (year & 0x78) << 1
    return "046D" + bytes([at.minute, at.hour, day, month]).hex()


def digits(value: int, width: int) -> bytes:
    """A binary coded decimal of ``width`` bytes, least byte first."""
    return bytes.fromhex(f"{value:0{2 * width}d}")[::-1]


def cjt188_frame(  # noqa: PLR0913 - the fields of the frame
    *,
    heat: tuple[int, int],
    at: datetime,
    serial: str = "00112233445566",
    power: int = 123,
    flow: int = 4567,
    volume: int = 987_654,
    supply: int = 4512,
    back: int = 3801,
    status: int = 0,
    meter_type: int = 0x20,
) -> bytes:
    """The answer to 901F in the layout of 2004; numbers without their decimal point, heat with its unit."""
    data = bytes.fromhex("1F9000") + digits(100, 4) + bytes([heat[1]]) + digits(heat[0], 4) + bytes([heat[1]])
    data += digits(power, 4) + b"\x17" + digits(flow, 4) + b"\x35" + digits(volume, 4) + b"\x2c"
    data += digits(supply, 3) + digits(back, 3) + digits(8760, 3)
    data += bytes.fromhex(at.strftime("%Y%m%d%H%M%S"))[::-1] + status.to_bytes(2, "little")
    return cjt188_answer(data, serial=serial, meter_type=meter_type)


def cjt188_answer(data: bytes, *, serial: str, meter_type: int = 0x20) -> bytes:
    """A frame around ``data``, which begin with their identifier."""
    frame = bytes([0x68, meter_type]) + bytes.fromhex(serial)[::-1] + bytes([0x81, len(data)]) + data
    return frame + bytes([sum(frame) & 0xFF, 0x16])
