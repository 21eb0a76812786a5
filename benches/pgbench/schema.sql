-- What the yardsticks write to: a shop's orders as an ORM would keep them, and beside them the same
-- orders as one document each. It does nothing that an order does not need: no triggers, no keys of
-- products, small events.

CREATE TABLE customer (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code       text NOT NULL UNIQUE,
    name       text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO customer (code, name)
    SELECT 'customer-' || n, 'Customer ' || n FROM generate_series(0, 399) n;

CREATE TABLE product (
    id    text PRIMARY KEY,
    name  text NOT NULL,
    price bigint NOT NULL,
    stock bigint NOT NULL CHECK (stock >= 0)
) WITH (fillfactor = 50);
INSERT INTO product SELECT 'hot-' || n, 'Hot ' || n, 1995, 1000000000 FROM generate_series(1, 30) n;

CREATE TABLE address (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customer,
    street      text NOT NULL,
    city        text NOT NULL,
    zip_code    text NOT NULL,
    country     text NOT NULL
);

CREATE SEQUENCE order_number CACHE 32;

CREATE TABLE orders (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number      text NOT NULL UNIQUE DEFAULT 'ORD-' || nextval('order_number'),
    customer_id bigint NOT NULL REFERENCES customer,
    address_id  bigint NOT NULL REFERENCES address,
    status      text NOT NULL DEFAULT 'confirmed',
    currency    text NOT NULL,
    total       bigint NOT NULL,
    version     integer NOT NULL DEFAULT 1,
    placed_at   timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX orders_by_customer ON orders (customer_id, placed_at, id);
CREATE INDEX orders_by_status ON orders (status, placed_at);

CREATE TABLE order_line (
    order_id   bigint NOT NULL REFERENCES orders,
    place      integer NOT NULL,
    product_id text NOT NULL,
    name       text NOT NULL,
    quantity   integer NOT NULL,
    unit_price bigint NOT NULL,
    PRIMARY KEY (order_id, place)
);

CREATE TABLE order_event (
    order_id bigint NOT NULL REFERENCES orders,
    version  integer NOT NULL,
    type     text NOT NULL,
    at       timestamptz NOT NULL DEFAULT now(),
    actor    text NOT NULL,
    data     jsonb NOT NULL,
    PRIMARY KEY (order_id, version)
);

CREATE TABLE document (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number      text NOT NULL UNIQUE DEFAULT 'ORD-' || nextval('order_number'),
    customer_id text NOT NULL,
    status      text NOT NULL DEFAULT 'confirmed',
    total       bigint NOT NULL,
    version     integer NOT NULL DEFAULT 1,
    placed_at   timestamptz NOT NULL DEFAULT now(),
    body        text NOT NULL
);
CREATE INDEX document_by_customer ON document (customer_id, placed_at, id);
CREATE INDEX document_by_status ON document (status, placed_at);

CREATE TABLE document_event (
    order_id bigint NOT NULL,
    version  integer NOT NULL,
    type     text NOT NULL,
    at       timestamptz NOT NULL DEFAULT now(),
    actor    text NOT NULL,
    data     text NOT NULL,
    PRIMARY KEY (order_id, version)
);
