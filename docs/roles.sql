-- Two roles in PostgreSQL: `beishan` owns the tables and migrates them (db-upgrade), `beishan_web` reads and writes rows and is
-- what web and jobs connect as (DATABASE_URL). Run as superuser in the database, after the first db-upgrade; later tables get
-- their rights by themselves. tests/real_life/test_least_rights.py runs this file and a giving day with that role.
-- Let each log in as your installation does: \password beishan_web, or a client certificate (pg_hba.conf: `hostssl ... cert`).
CREATE ROLE beishan_web LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT;
GRANT USAGE ON SCHEMA public TO beishan_web;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT SELECT, INSERT, UPDATE, DELETE, MAINTAIN ON ALL TABLES IN SCHEMA public TO beishan_web;  -- before PostgreSQL 17 without MAINTAIN
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO beishan_web;
REVOKE INSERT, UPDATE, DELETE, MAINTAIN ON alembic_version FROM beishan_web;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE, MAINTAIN ON TABLES TO beishan_web;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO beishan_web;
