//! The provider in a process of its own: it is found, keeps its ledger and ends with its caller.

use order_testkit::provider::{Behaviour, Provider, Rule};

#[tokio::test]
async fn it_is_found_listens_below_the_clients_ports_and_is_steered() {
    let mut provider = Provider::start().unwrap();
    let port: u16 = provider.url().rsplit(':').next().unwrap().parse().unwrap();
    assert!(port < 32_768);
    provider.rule(Rule::always(Behaviour::Decline).calls(1)).await;
    provider.clear_rules().await;
    assert!(provider.ledger().await.payments().is_empty());
    assert!(provider.attempts().await.is_empty() && provider.deliveries().await.is_empty());
    provider.kill();
    provider.kill();
}

#[test]
fn it_ends_when_its_input_does() {
    let program = env!("CARGO_BIN_EXE_payment_provider");
    let mut child = std::process::Command::new(program)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}
