//! Accounts.

use order_core::RoleKind;
use serde_json::{Value, json};

use crate::{
    asked::{asked, code, data},
    shop::Shop,
};

const ADD: &str = "mutation($input: AccountInput!) { addAccount(input: $input) \
    { id email firstName phone address { city } role version } }";

async fn added(shop: &Shop, input: Value) -> Value {
    data(&asked(shop, ADD, json!({"input": input})).await)["addAccount"].clone()
}

#[tokio::test]
async fn an_account_is_made_read_changed_and_removed() {
    let shop = Shop::new();
    let input = json!({"id": "sam", "email": "sam@x.example", "password": "long enough",
        "firstName": "Sam", "address": {"city": "Leeds"}, "role": "STAFF"});
    let made = added(&shop, input).await;
    let expected = json!({"id": "sam", "email": "sam@x.example", "firstName": "Sam", "phone": null,
        "address": {"city": "Leeds"}, "role": "STAFF", "version": 1});
    assert_eq!(made, expected);

    let update = "mutation($v: Int) { updateAccount(id: \"sam\", expectedVersion: $v, \
                  input: {phone: \"0113\", role: SERVICE}) { phone role version } }";
    assert_eq!(code(&asked(&shop, update, json!({"v": 7})).await), "order.stale");
    let changed = data(&asked(&shop, update, json!({"v": 1})).await)["updateAccount"].clone();
    assert_eq!(changed, json!({"phone": "0113", "role": "SERVICE", "version": 2}));
    // It signs in as REST has it, with the password that was given here.
    let sign_in = json!({"email": "sam@x.example", "password": "long enough"});
    let signed_in = shop.post("/auth", sign_in).await.ok();
    assert_eq!(
        (&signed_in["user"]["role"], &signed_in["user"]["version"]),
        (&json!("service"), &json!(2))
    );

    let remove = "mutation { removeAccount(id: \"sam\", expectedVersion: 2) }";
    assert_eq!(data(&asked(&shop, remove, json!({})).await)["removeAccount"], "sam");
    let read = "{ account(id: \"sam\") { id } }";
    assert_eq!(code(&asked(&shop, read, json!({})).await), "user.not_found");
    assert_eq!(
        code(&asked(&shop, "{ account(id: \"\") { id } }", json!({})).await),
        "user.not_found"
    );
}

#[tokio::test]
async fn accounts_come_page_by_page() {
    let shop = Shop::new();
    for id in ["a", "b", "c"] {
        let email = format!("{id}@x.example");
        added(&shop, json!({"id": id, "email": email, "password": "long enough"})).await;
    }
    let query = "query($first: Int, $after: String, $email: String) \
        { accounts(first: $first, after: $after, email: $email) \
        { nodes { id } pageInfo { hasNextPage hasPreviousPage endCursor } } }";
    let first = data(&asked(&shop, query, json!({"first": 2})).await)["accounts"].clone();
    assert_eq!(first["nodes"], json!([{"id": "a"}, {"id": "b"}]));
    assert_eq!(first["pageInfo"]["hasNextPage"], true);
    let after = json!({"first": 2, "after": first["pageInfo"]["endCursor"]});
    let last = data(&asked(&shop, query, after).await)["accounts"].clone();
    assert_eq!(last["nodes"], json!([{"id": "c"}]));
    let info = &last["pageInfo"];
    assert_eq!((&info["hasNextPage"], &info["hasPreviousPage"]), (&json!(false), &json!(true)));
    let one = data(&asked(&shop, query, json!({"email": "B@x.example"})).await)["accounts"].clone();
    assert_eq!(one["nodes"], json!([{"id": "b"}]));
    assert_eq!(code(&asked(&shop, query, json!({"first": 0})).await), "page.limit_out_of_range");
    assert_eq!(code(&asked(&shop, query, json!({"after": "x"})).await), "page.cursor_invalid");
}

#[tokio::test]
async fn a_customer_reaches_no_account_but_their_own() {
    let shop = Shop::new();
    for id in ["ann", "bob"] {
        let email = format!("{id}@x.example");
        added(&shop, json!({"id": id, "email": email, "password": "long enough"})).await;
    }
    let bob = shop.asked_as("bob", RoleKind::Customer);
    let read = |id: &str| format!("{{ account(id: \"{id}\") {{ email }} }}");
    assert_eq!(
        data(&asked(&bob, &read("bob"), json!({})).await)["account"]["email"],
        "bob@x.example"
    );
    let change = |id: &str| {
        format!("mutation {{ updateAccount(id: \"{id}\", input: {{phone: \"1\"}}) {{ phone }} }}")
    };
    data(&asked(&bob, &change("bob"), json!({})).await);
    for query in [read("ann"), change("ann"), "mutation { removeAccount(id: \"ann\") }".to_owned()]
    {
        assert_eq!(code(&asked(&bob, &query, json!({})).await), "user.not_found", "{query}");
    }
    let rise = "mutation { updateAccount(id: \"bob\", input: {role: ADMIN}) { role } }";
    assert_eq!(code(&asked(&bob, rise, json!({})).await), "auth.forbidden");
    let add =
        json!({"input": {"email": "e@x.example", "password": "long enough", "role": "ADMIN"}});
    assert_eq!(code(&asked(&bob, ADD, add).await), "auth.forbidden");
    assert_eq!(
        data(&asked(&shop, &read("ann"), json!({})).await)["account"]["email"],
        "ann@x.example"
    );
}

#[tokio::test]
async fn what_is_wrong_with_an_account_is_said_where_it_stands() {
    let input = json!({"email": "no address", "password": "short"});
    let answer = asked(&Shop::new(), ADD, json!({"input": input})).await;
    assert_eq!(code(&answer), "text.email");
    let errors = answer["errors"][0]["extensions"]["errors"].as_array().unwrap();
    let pointers: Vec<_> = errors.iter().map(|error| &error["pointer"]).collect();
    assert_eq!(pointers, ["/email"]);
    assert!(!answer.to_string().contains("short\""), "a password is never said again");
}

/// A password is hashed slowly on purpose, so only a few of an operation are.
#[tokio::test]
async fn only_a_few_passwords_are_hashed_at_once() {
    let shop = Shop::new();
    let query = |count: usize| {
        let adds = (0..count).map(|at| {
            let input = format!("{{email: \"a{at}@x.example\", password: \"long enough\"}}");
            format!(" a{at}: addAccount(input: {input}) {{ id }}")
        });
        format!("mutation {{{} }}", adds.collect::<String>())
    };
    data(&asked(&shop, &query(4), json!({})).await);
    assert_eq!(code(&asked(&shop, &query(5), json!({})).await), "graphql.too_complex");
}
