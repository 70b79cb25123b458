"""Real PostgreSQL and Redis servers from Python wheels, and the launcher behind `make run`.

Used by the demo, the tests and the benchmarks. A production installation has its own servers (`DATABASE_URL`,
`REDIS_URL`) and its own process supervisor, and never imports this package.
"""
