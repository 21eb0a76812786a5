-- Who may sign in. `email_key` is the address as it is compared, in lower case; `profile` has names,
-- telephone and address. All that is known of a person through an account is in its one row.
CREATE TABLE order_store.order_user (
    id         text COLLATE "C" PRIMARY KEY CHECK (id <> '' AND length(id) <= 200),
    email      text NOT NULL CHECK (email <> '' AND length(email) <= 254),
    email_key  text COLLATE "C" NOT NULL CHECK (email_key <> ''),
    profile    text NOT NULL,
    role       text COLLATE "C" NOT NULL CHECK (role IN ('customer', 'staff', 'service', 'admin')),
    password   text NOT NULL CHECK (password <> ''),
    version    bigint NOT NULL CHECK (version > 0),
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);

CREATE UNIQUE INDEX order_user_by_email ON order_store.order_user (email_key);
CREATE INDEX order_user_admins ON order_store.order_user (id) WHERE role = 'admin';
