//! The OpenAPI document, held to by a tool that makes requests of it: no server error, no answer that the
//! document does not know.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use order_testkit::python::Packages;

use crate::process::Setup;

const SCHEMATHESIS: Packages = Packages {
    folder: "order-server-schemathesis",
    import: "import schemathesis",
    names: &["schemathesis==4.32.5"],
};
/// Beyond it the tool's own time shows.
const EXAMPLES: &str = "10";

#[test]
fn no_request_of_the_document_is_answered_otherwise_than_it_says() {
    let Some(python) = SCHEMATHESIS.python() else {
        eprintln!("without schemathesis: Python's package index is out of reach");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let server = Setup::new().flags(&["--log=error", "--sign-in-limit=off"]).start();
    let run = Command::new(python.with_file_name("schemathesis"))
        .args(["run", &format!("http://{}/openapi.json", server.address)])
        .args(["--max-examples", EXAMPLES, "--phases", "examples,coverage,fuzzing"])
        .args(["--seed", "1", "--no-color", "--request-timeout", "20"])
        // It tries to sign up where it is given none.
        .args(["--header", "Authorization: Bearer none"])
        .args([
            "--checks",
            "not_a_server_error,status_code_conformance,content_type_conformance,\
             response_schema_conformance",
        ])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    std::io::stdout().write_all(&run.stdout).unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    server.stop();
}
