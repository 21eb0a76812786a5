//! Inputs that nobody thought of: those of a kept corpus, and what chance makes of them.

use std::{
    env, fs, io,
    path::Path,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use crate::random::Random;

/// What parsers trip over.
const TOKENS: &[&[u8]] = &[
    b"\0",
    b"\\u0000",
    b"\\ud800",
    b"\xff",
    b"\xef\xbb\xbf",
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b",",
    b":",
    b"-",
    b"+",
    b"0",
    b"1e309",
    b"-0.0",
    b"9223372036854775808",
    b"null",
    b"true",
    b"%00",
    b"%",
    b"&",
    b"=",
    b"..",
    b"/",
    b"\\",
    b"'",
    b";",
    b"\r\n",
    b"\n",
    b" ",
    b"\t",
    "\u{202e}".as_bytes(),
    "\u{1f600}".as_bytes(),
    "e\u{301}".as_bytes(),
    b"__proto__",
    b"1970-01-01T00:00:00Z",
    b"99999-12-31",
    b"Infinity",
    b"NaN",
];
/// How long inputs grow.
const BYTES_MAX: usize = 16 * 1024;

/// For how long: `ORDER_FUZZ_SECONDS`, or a second.
fn time() -> Duration {
    let seconds = env::var("ORDER_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(1))
}

/// Gives a target every input of a folder, then what chance makes of them, for as long as
/// `ORDER_FUZZ_SECONDS` says. The seed is printed and can be given as `ORDER_TEST_SEED`; an input that
/// fails is printed too, and belongs into the folder from then on.
///
/// # Errors
/// The folder cannot be read, or is empty.
///
/// # Panics
/// If the target does.
pub fn fuzz(folder: &Path, mut target: impl FnMut(&[u8])) -> io::Result<u64> {
    let mut corpus = Vec::new();
    for entry in fs::read_dir(folder)? {
        corpus.push(fs::read(entry?.path())?);
    }
    if corpus.is_empty() {
        return Err(io::Error::new(io::ErrorKind::NotFound, "the corpus is empty"));
    }
    let mut give = |input: &[u8]| {
        let told = Told(input);
        target(input);
        std::mem::forget(told);
    };
    for input in &corpus {
        give(input);
    }
    let given = env::var("ORDER_TEST_SEED").ok().and_then(|text| text.parse().ok());
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().subsec_nanos();
    let seed = given.unwrap_or_else(|| u64::from(clock));
    println!("{}: ORDER_TEST_SEED={seed}", folder.display());
    let mut random = Random::seeded(seed);
    let (begun, mut count) = (Instant::now(), corpus.len() as u64);
    while begun.elapsed() < time() {
        give(&changed(&mut random, &corpus));
        count += 1;
    }
    Ok(count)
}

/// Says which input it was, if the target panics.
struct Told<'a>(&'a [u8]);

impl Drop for Told<'_> {
    fn drop(&mut self) {
        eprintln!("the input: b\"{}\"", self.0.escape_ascii());
    }
}

/// One of the corpus, with some changes.
fn changed(random: &mut Random, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut input = random.one_of(corpus).clone();
    for _ in 0..=random.below(4) {
        change(random, &mut input, corpus);
    }
    input.truncate(BYTES_MAX);
    input
}

fn change(random: &mut Random, input: &mut Vec<u8>, corpus: &[Vec<u8>]) {
    let at = index(random, input.len() + 1);
    let end = (at + index(random, 16)).min(input.len());
    match random.below(7) {
        0 => drop(input.splice(at..at, random.one_of(TOKENS).iter().copied())),
        1 => drop(input.splice(at..end, random.one_of(TOKENS).iter().copied())),
        2 => drop(input.drain(at..end)),
        3 => {
            let again = input[at..end].repeat(1 + index(random, 8));
            input.splice(at..at, again);
        }
        4 => {
            if let Some(byte) = input.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
        5 => {
            let other = random.one_of(corpus);
            let from = index(random, other.len() + 1);
            input.truncate(at);
            input.extend_from_slice(&other[from..]);
        }
        _ => {
            // As deep as it gets.
            let (open, close) = if random.once_in(2) { (b'[', b']') } else { (b'(', b')') };
            let depth = index(random, 4_096);
            input.splice(at..at, [vec![open; depth], vec![close; depth]].concat());
        }
    }
}

fn index(random: &mut Random, end: usize) -> usize {
    usize::try_from(random.below(end as u64)).unwrap_or_default()
}
