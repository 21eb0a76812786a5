-- Events of other services that changed the catalogue: each is known when it is told again.
CREATE TABLE order_store.order_taken (
    source   text COLLATE "C" NOT NULL,
    id       text COLLATE "C" NOT NULL,
    taken_at bigint NOT NULL,
    PRIMARY KEY (source, id)
);
