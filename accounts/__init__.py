"""Who is served, by whom: utilities and their wall, the network, residents, memberships, staff, contracts."""
