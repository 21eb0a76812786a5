//! Files for operators.

use super::*;

/// Files for operators name settings that there are.
#[test]
fn what_is_deployed_sets_what_is_known() {
    // What comes before the next service is the server's.
    let (server, _) = include_str!("../../../../compose.yaml").split_once("\n  postgres:").unwrap();
    let files = [
        server,
        include_str!("../../../../Dockerfile"),
        include_str!("../../../../deploy/systemd/order-server.service"),
        include_str!("../../../../deploy/kubernetes/order-server.yaml"),
    ];
    let is_part = |c: char| c.is_ascii_uppercase() || c == '_';
    let is_anothers = |name: &str| name.starts_with("AF_") || name.ends_with("_PASSWORD");
    let is_ours = |name: &&str| name.trim_matches('_').contains('_') && !is_anothers(name);
    let mut names: Vec<&str> =
        files.iter().flat_map(|file| file.split(|c| !is_part(c))).filter(is_ours).collect();
    names.dedup();
    assert!(names.len() >= 12, "{names:?}");
    for name in names {
        assert!(SETTINGS.iter().any(|setting| setting.variable == name), "{name} is no setting");
    }
}

/// The guide for operators has every setting, with its default.
#[test]
fn every_setting_is_in_the_guide() {
    let guide = include_str!("../../../../docs/operation.md");
    for setting in SETTINGS {
        let (variable, default) = (setting.variable, setting.default.unwrap_or_default());
        let row = guide
            .lines()
            .find(|line| line.starts_with('|') && line.contains(&format!("`{variable}`")));
        let row = row.unwrap_or_else(|| panic!("{variable} is not in docs/operation.md"));
        assert!(row.contains(default), "the default of {variable} is {default}");
    }
}

/// Whoever starts it gives it the time to stop that it takes at most.
#[test]
fn what_is_deployed_waits_for_a_stop() {
    use crate::{listen::CUT_TIME, traces, workers};
    // The API and the measurements are cut; clients of brokers are closed beside their workers' end.
    let takes = given().read(&[]).limits.drain_time + 2 * CUT_TIME + workers::STOP + traces::TIME;
    let closing = Duration::from_secs(10);
    for (file, key, pause_s) in [
        (include_str!("../../../../compose.yaml"), "stop_grace_period: ", 0),
        (include_str!("../../../../deploy/systemd/order-server.service"), "TimeoutStopSec=", 0),
        // The pause before it is told to stop counts.
        (
            include_str!("../../../../deploy/kubernetes/order-server.yaml"),
            "terminationGracePeriodSeconds: ",
            3,
        ),
    ] {
        let line = file.lines().find_map(|line| line.trim().strip_prefix(key)).expect(key);
        let given_s: u64 = line.trim_end_matches('s').parse().unwrap();
        let given = Duration::from_secs(given_s - pause_s);
        assert!(given >= takes + closing, "{key}{line}, it takes {takes:?} and closes");
    }
}

/// What the stack of `compose.yaml` needs is there: the files it mounts, and an exchange and a queue for
/// what the server publishes.
#[test]
fn what_is_deployed_beside_it_fits() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let compose = include_str!("../../../../compose.yaml");
    let mounted = compose.lines().filter_map(|line| line.trim().strip_prefix("- ./"));
    let mounted: Vec<&str> = mounted.filter_map(|line| line.split(':').next()).collect();
    assert!(mounted.len() >= 4, "{mounted:?}");
    for path in mounted {
        assert!(root.join(path).exists(), "{path}");
    }
    let broker: serde_json::Value =
        serde_json::from_str(include_str!("../../../../deploy/rabbitmq.json")).unwrap();
    let exchange = &broker["exchanges"][0];
    let url = "amqp://guest@rabbitmq";
    let config = given().variable("RABBITMQ_URL", url).read(&[]);
    assert_eq!(exchange["name"], config.outlets.rabbitmq.unwrap().topic);
    // As the server declares it: another kind would be refused.
    assert_eq!((&exchange["type"], &exchange["durable"]), (&"topic".into(), &true.into()));
    let (binding, queue) = (&broker["bindings"][0], &broker["queues"][0]);
    assert_eq!((&binding["source"], &binding["routing_key"]), (&exchange["name"], &"#".into()));
    assert_eq!(binding["destination"], queue["name"]);
}

/// The image is made with the compilers that its libraries ask for, for a user whom the manifests name.
#[test]
fn the_image_is_as_the_manifests_name_it() {
    let (image, manifest) = (
        include_str!("../../../../Dockerfile"),
        include_str!("../../../../deploy/kubernetes/order-server.yaml"),
    );
    for compiler in [" gcc ", " g++ ", " make "] {
        assert!(image.contains(compiler), "{compiler}");
    }
    for (option, key) in [("--uid ", "runAsUser: "), ("--gid ", "runAsGroup: ")] {
        let number = image.split(option).nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
        assert!(manifest.contains(&format!("{key}{number}")), "{key}{number}");
    }
}
