//! The schema as it is promised: a change in it is a change for every client and gateway.

use serde_json::json;

use crate::{
    asked::{asked, data},
    shop::Shop,
};

#[tokio::test]
async fn the_schema_is_as_it_was() {
    let shop = Shop::new();
    let text = shop.asked_by(None).get("/graphql/schema").await;
    assert_eq!(text.status, 200);
    insta::assert_snapshot!("schema", text.text);
    let service = data(&asked(&shop, "{ _service { sdl } }", json!({})).await);
    assert_eq!(service["_service"]["sdl"], text.text.as_str());
}

/// What tools ask first, with fragments and as deep as they do.
#[tokio::test]
async fn the_schema_can_be_asked_for_as_tools_do() {
    let levels = "ofType { kind name ".repeat(9);
    let query = format!(
        "query IntrospectionQuery {{ __schema {{ queryType {{ name }} mutationType {{ name }} \
         subscriptionType {{ name }} types {{ ...FullType }} directives {{ name description locations \
         args {{ ...InputValue }} }} }} }} \
         fragment FullType on __Type {{ kind name description fields(includeDeprecated: true) {{ name \
         description args {{ ...InputValue }} type {{ ...TypeRef }} isDeprecated deprecationReason }} \
         inputFields {{ ...InputValue }} interfaces {{ ...TypeRef }} enumValues(includeDeprecated: true) \
         {{ name description isDeprecated deprecationReason }} possibleTypes {{ ...TypeRef }} }} \
         fragment InputValue on __InputValue {{ name description type {{ ...TypeRef }} defaultValue }} \
         fragment TypeRef on __Type {{ kind name {levels}{} }}",
        "}".repeat(9)
    );
    let schema = data(&asked(&Shop::new(), &query, json!({})).await)["__schema"].clone();
    assert_eq!(schema["subscriptionType"]["name"], "Subscription");
    let types = schema["types"].as_array().unwrap();
    let described = types.iter().filter(|it| !it["name"].as_str().unwrap().starts_with("__"));
    for it in described {
        for field in it["fields"].as_array().into_iter().flatten() {
            let name = format!("{}.{}", it["name"], field["name"]);
            let is_of_the_library = ["\"_", "Edge\".", "Connection\".", "PageInfo"]
                .iter()
                .any(|part| name.contains(part));
            assert!(is_of_the_library || !field["description"].is_null(), "{name} has no words");
        }
    }
}
