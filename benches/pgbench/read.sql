-- An order by its id, as a document; there are `orders`.
\set id random(1, :orders)
SELECT body FROM document WHERE id = :id;
