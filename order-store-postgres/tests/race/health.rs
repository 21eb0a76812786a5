//! Whether a store is sound after what a test did to it.

use order_core::{OrderService, Orders, Principal, ports::Severity};
use order_testkit::sample::text;

/// Somebody who may do everything.
pub(crate) fn admin() -> Principal {
    Principal::admin(text("tester"))
}

/// Every order follows from its history and the doctor finds nothing that hurts. Says how many
/// orders there are.
pub(crate) async fn check_health(orders: &OrderService) -> u64 {
    let (mut count, mut after) = (0, None);
    loop {
        let page = orders.verify(&admin(), after.as_ref(), 1_000).await.unwrap();
        assert_eq!(page.findings, []);
        count += page.orders;
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let findings = orders.doctor(&admin()).await.unwrap();
    let hurts = findings.iter().find(|finding| finding.severity == Severity::Error);
    assert_eq!(hurts, None);
    count
}
