-- Which row of the feed has an event, so that the positions of an order's events are found by key. The
-- column comes last and is written with the event; what is there already is told once.
ALTER TABLE order_store.order_event ADD COLUMN feed bigint;

ALTER TABLE order_store.order_event DISABLE TRIGGER order_event_is_never_changed;

UPDATE order_store.order_event e SET feed = c.seq
FROM (
    SELECT f.seq, c.order_id, c.version FROM order_store.order_feed f
    CROSS JOIN LATERAL unnest(f.order_ids, f.versions) AS c (order_id, version)
) c
WHERE e.order_id = c.order_id AND e.version = c.version;

ALTER TABLE order_store.order_event ENABLE TRIGGER order_event_is_never_changed;
