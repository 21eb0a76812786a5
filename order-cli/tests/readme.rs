//! The diagram in the README is the one that the program prints.

use std::{fs, path::Path, process::Command};

const BEGIN: &str = "<!-- transitions:begin -->";
const END: &str = "<!-- transitions:end -->";

#[test]
fn the_diagram_in_the_readme_is_made_from_the_table() {
    let hint = format!(
        "put the output of `order transitions --format mermaid` into a ```mermaid block between \
         {BEGIN} and {END}"
    );
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme =
        fs::read_to_string(path).unwrap_or_else(|error| panic!("README.md: {error}; {hint}"));
    let (_, rest) = readme.split_once(BEGIN).unwrap_or_else(|| panic!("README.md: {hint}"));
    let (block, _) = rest.split_once(END).unwrap_or_else(|| panic!("README.md: {hint}"));
    let shown = block.trim().trim_start_matches("```mermaid").trim_end_matches("```").trim();

    let order = Command::new(env!("CARGO_BIN_EXE_order"))
        .args(["transitions", "--format", "mermaid"])
        .output()
        .expect("the program runs");
    let made = String::from_utf8(order.stdout).expect("the diagram is text");
    assert_eq!(shown, made.trim(), "{hint}");
}
