-- Who may sign in. `email_key` is the address as it is compared, in lower case; `profile` has names,
-- telephone and address. All that is known of a person through an account is in its one row.
CREATE TABLE order_user (
    id         TEXT NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 200),
    email      TEXT NOT NULL CHECK (length(email) BETWEEN 1 AND 254),
    email_key  TEXT NOT NULL UNIQUE CHECK (email_key <> ''),
    profile    TEXT NOT NULL,
    role       TEXT NOT NULL CHECK (role IN ('customer', 'staff', 'service', 'admin')),
    password   TEXT NOT NULL CHECK (password <> ''),
    version    INTEGER NOT NULL CHECK (version > 0),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE INDEX order_user_admins ON order_user (id) WHERE role = 'admin';
