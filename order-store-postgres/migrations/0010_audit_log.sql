-- What people did that is in no order's history: ids only, no personal data. Kept for ever.
CREATE TABLE order_store.order_audit (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      bigint NOT NULL,
    actor   text COLLATE "C" NOT NULL CHECK (actor <> '' AND length(actor) <= 200),
    role    text COLLATE "C" NOT NULL CHECK (role IN ('customer', 'staff', 'service', 'admin')),
    act     text COLLATE "C" NOT NULL CHECK (act <> ''),
    subject text COLLATE "C" CHECK (subject <> '' AND length(subject) <= 200),
    outcome text COLLATE "C" NOT NULL CHECK (outcome <> '' AND length(outcome) <= 200),
    count   bigint NOT NULL CHECK (count >= 0)
);

CREATE INDEX order_audit_by_actor ON order_store.order_audit (actor, id);
CREATE INDEX order_audit_by_act ON order_store.order_audit (act, id);

CREATE FUNCTION order_store.order_audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'order_audit is append-only' USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER order_audit_is_never_changed BEFORE UPDATE OR DELETE ON order_store.order_audit
    FOR EACH ROW EXECUTE FUNCTION order_store.order_audit_is_append_only();
CREATE TRIGGER order_audit_is_never_emptied BEFORE TRUNCATE ON order_store.order_audit
    FOR EACH STATEMENT EXECUTE FUNCTION order_store.order_audit_is_append_only();

-- Statistics keep samples of what is in a column: names and addresses, long after their rows are gone.
-- No statement needs those of these columns: each is looked up by key only, or not at all.
ALTER TABLE order_store.order_person ALTER COLUMN data SET STATISTICS 0;
ALTER TABLE order_store.order_user
    ALTER COLUMN email SET STATISTICS 0,
    ALTER COLUMN email_key SET STATISTICS 0,
    ALTER COLUMN profile SET STATISTICS 0,
    ALTER COLUMN password SET STATISTICS 0;
