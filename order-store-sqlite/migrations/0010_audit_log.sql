-- What people did that is in no order's history: ids only, no personal data. Kept for ever.
CREATE TABLE order_audit (
    id      INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    actor   TEXT NOT NULL CHECK (length(actor) BETWEEN 1 AND 200),
    role    TEXT NOT NULL CHECK (role IN ('customer', 'staff', 'service', 'admin')),
    act     TEXT NOT NULL CHECK (length(act) > 0),
    subject TEXT CHECK (length(subject) BETWEEN 1 AND 200),
    outcome TEXT NOT NULL CHECK (length(outcome) BETWEEN 1 AND 200),
    count   INTEGER NOT NULL CHECK (count >= 0)
) STRICT;

CREATE INDEX order_audit_by_actor ON order_audit (actor, id);
CREATE INDEX order_audit_by_act ON order_audit (act, id);

CREATE TRIGGER order_audit_is_never_changed BEFORE UPDATE ON order_audit
BEGIN
    SELECT raise(ABORT, 'order_audit is append-only');
END;

CREATE TRIGGER order_audit_is_never_deleted BEFORE DELETE ON order_audit
BEGIN
    SELECT raise(ABORT, 'order_audit is append-only');
END;
