//! The page to try GraphQL on.

use crate::shop::Shop;

#[tokio::test]
async fn the_page_loads_nothing_from_elsewhere() {
    for base in ["", "/api", "/shop"] {
        let shop = Shop::new();
        let shop = if base == "/shop" { shop.nested_at("/shop") } else { shop }.asked_by(None);
        let page = shop.get(&format!("{base}/graphql")).await;
        assert_eq!(
            (page.status.as_u16(), page.header("content-type")),
            (200, "text/html; charset=utf-8")
        );
        assert!(page.header("content-security-policy").starts_with("default-src 'self'"));
        for (name, kind) in [("page.js", "text/javascript"), ("page.css", "text/css")] {
            assert!(page.text.contains(&format!("\"graphql/{name}\"")), "{name}");
            let file = shop.get(&format!("{base}/graphql/{name}")).await;
            assert_eq!(file.status, 200, "{base} {name}");
            assert!(file.header("content-type").starts_with(kind));
            assert!(!file.text.contains("://"), "{name}");
        }
        assert!(!page.text.contains("://") && !page.text.contains("style="), "{}", page.text);
        assert!(!page.text.contains("<script>"), "{}", page.text);
    }
}
