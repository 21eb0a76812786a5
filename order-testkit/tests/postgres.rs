//! The PostgreSQL fixture, and the program that runs a command beside one.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::{
    fs,
    io::{BufRead, BufReader, ErrorKind},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use order_testkit::postgres::{Postgres, available};

const VARIABLE: &str = "ORDER_TEST_POSTGRES";

fn psql(postgres: &Postgres, sql: &str) -> Command {
    let mut psql = Command::new(postgres.bin("psql"));
    psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", &postgres.url(), "-c", sql]);
    psql.env("PGCONNECT_TIMEOUT", "2");
    psql
}

fn ask(postgres: &Postgres, sql: &str) -> Result<String, String> {
    let Output { status, stdout, stderr } = psql(postgres, sql).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().trim().to_owned();
    if status.success() { Ok(text(stdout)) } else { Err(text(stderr)) }
}

/// A transaction that is open and waits; gives it when it waits.
fn busy(postgres: &Postgres, sql: &str) -> Child {
    let sql = format!("BEGIN; {sql}; SELECT pg_sleep(600)");
    let child = psql(postgres, &sql).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until_one_sleeps(postgres);
    child
}

fn until_one_sleeps(postgres: &Postgres) {
    let sleeping = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    until(|| ask(postgres, sleeping).unwrap() == "1");
}

/// Every process of the server.
fn family(postgres: &Postgres) -> Vec<u32> {
    let first = fs::read_to_string(postgres.folder().join("data/postmaster.pid")).unwrap();
    let others = ask(postgres, "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()");
    let others = others.unwrap();
    let ids = first.lines().take(1).chain(others.lines());
    let ids: Vec<u32> = ids.map(|pid| pid.parse().unwrap()).collect();
    assert!(ids.len() > 4, "{ids:?}");
    ids
}

/// Whether a process runs; who is dead and not yet buried does not.
fn is_alive(pid: u32) -> bool {
    let state = if fs::exists("/proc/self/stat").unwrap() {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit_once(')').map(|(_, rest)| rest.trim().to_owned()).unwrap_or_default()
    } else {
        let ps = Command::new("ps").args(["-o", "stat=", "-p", &pid.to_string()]).output().unwrap();
        String::from_utf8(ps.stdout).unwrap()
    };
    !state.is_empty() && !state.starts_with('Z')
}

fn is_open(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

fn until(is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < deadline, "it takes too long");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_server_answers_with_the_settings_given() {
    assert!(available());
    let postgres = Postgres::start_with(&[("work_mem", "7MB"), ("max_connections", "33")]).unwrap();
    assert!((20_000..32_768).contains(&postgres.port()));
    let shown = |name: &str| ask(&postgres, &format!("SHOW {name}")).unwrap();
    assert_eq!((shown("work_mem").as_str(), shown("max_connections").as_str()), ("7MB", "33"));
    assert_eq!((shown("fsync").as_str(), shown("server_encoding").as_str()), ("on", "UTF8"));
    assert!(ask(&postgres, "SELECT 1/0").unwrap_err().contains("division by zero"));
    assert!(postgres.log().contains("ERROR:  division by zero"), "{}", postgres.log());
}

#[test]
fn a_server_that_cannot_start_says_why() {
    let error = Postgres::start_with(&[("no_such_setting", "1")]).unwrap_err().to_string();
    assert!(error.contains("ended early") && error.contains("no_such_setting"), "{error}");
}

#[test]
fn a_kill_takes_every_backend_and_keeps_what_was_committed() {
    let mut postgres = Postgres::start().unwrap();
    let url = postgres.url();
    ask(&postgres, "CREATE TABLE t (n int); INSERT INTO t VALUES (1)").unwrap();
    let mut busy = busy(&postgres, "INSERT INTO t VALUES (2)");
    let family = family(&postgres);

    postgres.kill();
    let alive: Vec<_> = family.into_iter().filter(|pid| is_alive(*pid)).collect();
    assert!(alive.is_empty(), "{alive:?}");
    assert!(!busy.wait().unwrap().success());
    assert!(!is_open(postgres.port()));

    postgres.restart().unwrap();
    assert_eq!(postgres.url(), url);
    assert_eq!(ask(&postgres, "SELECT n FROM t").unwrap(), "1");
    assert!(postgres.log().contains("not properly shut down"), "{}", postgres.log());
}

#[test]
fn a_stop_is_in_good_order_and_a_restart_follows() {
    let mut postgres = Postgres::start().unwrap();
    ask(&postgres, "CREATE DATABASE other").unwrap();
    postgres.stop();
    assert!(!is_open(postgres.port()));

    let thief = TcpListener::bind(("127.0.0.1", postgres.port())).unwrap();
    assert_eq!(postgres.restart().unwrap_err().kind(), ErrorKind::AddrInUse);
    drop(thief);
    postgres.restart().unwrap();
    postgres.restart().unwrap();
    assert!(!postgres.log().contains("not properly shut down"), "{}", postgres.log());
    let other = postgres.url_of("other");
    let ready =
        Command::new(postgres.bin("pg_isready")).args(["-q", "-d", &other]).status().unwrap();
    assert!(ready.success());
}

#[test]
fn a_paused_server_takes_connections_and_answers_nobody() {
    let mut postgres = Postgres::start().unwrap();
    let mut sleeper = psql(&postgres, "SELECT pg_sleep(1)").stdout(Stdio::null()).spawn().unwrap();
    until_one_sleeps(&postgres);
    postgres.pause();
    assert!(is_open(postgres.port()));
    let error = ask(&postgres, "SELECT 1").unwrap_err();
    assert!(error.contains("timeout expired"), "{error}");
    assert!(sleeper.try_wait().unwrap().is_none(), "its second is over, yet its backend hangs too");
    postgres.resume();
    assert!(sleeper.wait().unwrap().success());
    assert_eq!(ask(&postgres, "SELECT 1").unwrap(), "1");

    // It can be killed, stopped and dropped while it hangs.
    postgres.pause();
    postgres.kill();
    postgres.restart().unwrap();
    postgres.pause();
    postgres.stop();
    postgres.restart().unwrap();
    postgres.pause();
}

#[test]
fn a_dropped_server_leaves_no_process_and_no_folder() {
    let postgres = Postgres::start().unwrap();
    let mut busy = busy(&postgres, "SELECT 1");
    let (family, folder, port) = (family(&postgres), postgres.folder().to_owned(), postgres.port());
    assert!(folder.join("data").is_dir() && is_open(port));
    drop(postgres);
    let alive: Vec<_> = family.into_iter().filter(|pid| is_alive(*pid)).collect();
    assert!(
        alive.is_empty() && !folder.exists() && !is_open(port),
        "{alive:?} {}",
        folder.display()
    );
    assert!(!busy.wait().unwrap().success());
}

#[test]
fn a_command_is_given_a_server_and_its_status_is_kept() {
    let with = |script: &str| {
        let mut with = Command::new(env!("CARGO_BIN_EXE_with_postgres"));
        with.args(["sh", "-c", script]).env_remove(VARIABLE);
        with
    };
    let psql = Postgres::start().unwrap().bin("psql");
    let script =
        "$PSQL -X -d $ORDER_TEST_POSTGRES -c 'SELECT 1/0'; echo $ORDER_TEST_POSTGRES; exit 7";
    let output = with(script).env("PSQL", psql).output().unwrap();
    let (out, err) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(7), "{err}");
    assert!(out.starts_with("postgres://postgres@127.0.0.1:"), "{out}");
    assert!(err.contains("1 complaints") && err.contains("ERROR:  division by zero"), "{err}");
    assert!(!is_open(port(&out)));

    let given =
        with("echo $ORDER_TEST_POSTGRES").env(VARIABLE, "postgres://mine").output().unwrap();
    assert_eq!(
        (given.status.code(), given.stdout.as_slice()),
        (Some(0), b"postgres://mine\n".as_slice())
    );
    let killed = with("kill -9 $$").output().unwrap();
    assert_eq!(killed.status.code(), Some(137));
}

#[test]
fn a_server_does_not_outlive_the_process_that_started_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut with = Command::new(env!("CARGO_BIN_EXE_with_postgres"))
        .args(["sh", "-c", "echo $ORDER_TEST_POSTGRES; exec cat"])
        .env_remove(VARIABLE)
        .env("TMPDIR", folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut url = String::new();
    BufReader::new(with.stdout.take().unwrap()).read_line(&mut url).unwrap();
    let left = || fs::read_dir(folder.path()).unwrap().count();
    assert!(is_open(port(&url)) && left() == 1);
    with.kill().unwrap();
    with.wait().unwrap();
    until(|| !is_open(port(&url)) && left() == 0);
}

/// The port of an address such as `postgres://postgres@127.0.0.1:21432/postgres`.
fn port(url: &str) -> u16 {
    url.trim().rsplit_once(':').unwrap().1.split_once('/').unwrap().0.parse().unwrap()
}
