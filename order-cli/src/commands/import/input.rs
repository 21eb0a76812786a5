//! The bytes of a source: read twice, plain or compressed, from a file or a pipe.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use clap::ValueEnum;
use flate2::read::MultiGzDecoder;

use crate::error::{Done, Failure};

/// How a gzip file begins (RFC 1952).
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// How files begin that look like text files by name only, and what they are.
const OTHERS: [(&[u8], &str); 4] = [
    (b"PK\x03\x04", "a ZIP or Excel file; save it as CSV"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd; unpack it first"),
    (b"\xff\xfe", "UTF-16 text; save it as UTF-8"),
    (b"\xfe\xff", "UTF-16 text; save it as UTF-8"),
];
/// How much of the beginning is looked at, in bytes.
const HEAD_BYTES: u64 = 4 << 10;

/// How the rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Rows of cells under a header.
    Csv,
    /// One JSON object a line.
    Jsonl,
}

/// A source that can be read from the beginning again and again.
#[derive(Debug)]
pub(super) struct Input {
    file: File,
    is_gzip: bool,
    /// The size as it is stored, in bytes.
    pub(super) size: u64,
    /// How much of it was read in this pass, in bytes.
    pub(super) read: Arc<AtomicU64>,
}

impl Input {
    /// Opens a file, or the standard input for `-`. What is no plain file is kept in a temporary
    /// file first, for it is read twice.
    pub(super) fn open(path: &Path) -> Done<Self> {
        let named = |error: io::Error| Failure::Usage(format!("{}: {error}", path.display()));
        let file = if path == Path::new("-") {
            spooled(&mut io::stdin().lock())
        } else {
            File::open(path).and_then(|mut file| {
                if file.metadata()?.is_file() { Ok(file) } else { spooled(&mut file) }
            })
        };
        let mut file = file.map_err(named)?;
        let size = file.metadata().map_err(named)?.len();
        let mut head = [0; 4];
        let count = file.read(&mut head).map_err(named)?;
        let head = &head[..count];
        if let Some((_, what)) = OTHERS.iter().find(|(magic, _)| head.starts_with(magic)) {
            return Err(Failure::Usage(format!("{} is {what}", path.display())));
        }
        Ok(Self { file, is_gzip: head.starts_with(&GZIP), size, read: Arc::default() })
    }

    /// The unpacked bytes from the beginning. Only one reader may be used at a time.
    pub(super) fn reader(&self) -> Done<Box<dyn Read + Send>> {
        let failed = |error: io::Error| Failure::Usage(format!("the file cannot be read: {error}"));
        let mut file = self.file.try_clone().map_err(failed)?;
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        self.read.store(0, Ordering::Relaxed);
        let counted = Counted { inner: file, read: Arc::clone(&self.read) };
        Ok(if self.is_gzip {
            Box::new(MultiGzDecoder::new(io::BufReader::with_capacity(128 << 10, counted)))
        } else {
            Box::new(counted)
        })
    }

    /// How the rows are written: as the file's name says, else as its beginning looks.
    pub(super) fn format(&self, path: &Path) -> Done<Format> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        match name.rsplit_once('.').map(|(_, kind)| kind) {
            Some("csv") => return Ok(Format::Csv),
            Some("jsonl" | "ndjson") => return Ok(Format::Jsonl),
            _ => {}
        }
        let mut head = Vec::new();
        let failed = |error: io::Error| Failure::Usage(format!("the file cannot be read: {error}"));
        self.reader()?.take(HEAD_BYTES).read_to_end(&mut head).map_err(failed)?;
        let head = head.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&head);
        match head.trim_ascii_start().first() {
            Some(b'{') => Ok(Format::Jsonl),
            Some(b'[') => Err(Failure::Usage(
                "the file is a JSON array; write one object a line (JSON Lines)".to_owned(),
            )),
            _ => Ok(Format::Csv),
        }
    }
}

/// Copies a stream to a temporary file that vanishes with this program.
fn spooled(stream: &mut impl Read) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    io::copy(stream, &mut file)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(file)
}

struct Counted {
    inner: File,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        io::{Read, Write},
        path::PathBuf,
    };

    use flate2::{Compression, write::GzEncoder};

    use super::{Format, Input};

    fn file(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        (folder, path)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_file_is_unpacked_by_its_first_bytes_and_can_be_read_twice() {
        let (_folder, path) = file("plain.csv", &[gzip(b"one,"), gzip(b"two")].concat());
        let input = Input::open(&path).unwrap();
        for _ in 0..2 {
            let mut text = String::new();
            input.reader().unwrap().read_to_string(&mut text).unwrap();
            assert_eq!(text, "one,two");
        }
    }

    #[test]
    fn the_format_is_guessed_by_name_and_else_by_content() {
        let format = |name: &str, bytes: &[u8]| {
            let (_folder, path) = file(name, bytes);
            Input::open(&path).unwrap().format(&path).map_err(|error| error.to_string())
        };
        assert_eq!(format("a.CSV.gz", b"{"), Ok(Format::Csv));
        assert_eq!(format("a.ndjson", b"a,b"), Ok(Format::Jsonl));
        assert_eq!(format("a", &gzip(b"\xef\xbb\xbf \n{\"id\":1}")), Ok(Format::Jsonl));
        assert_eq!(format("a.txt", b"a,b"), Ok(Format::Csv));
        assert!(format("a.json", b"[{}]").unwrap_err().contains("one object a line"));
    }

    #[test]
    fn files_that_are_no_text_are_named_for_what_they_are() {
        for (bytes, what) in [(&b"PK\x03\x04"[..], "Excel"), (b"\xff\xfea\0", "UTF-16")] {
            let (_folder, path) = file("a.csv", bytes);
            assert!(Input::open(&path).unwrap_err().to_string().contains(what));
        }
    }

    #[test]
    fn a_damaged_gzip_file_is_an_error_and_not_a_shorter_file() {
        let mut bytes = gzip("x,y\n".repeat(10_000).as_bytes());
        bytes.truncate(bytes.len() - 4);
        let (_folder, path) = file("a.gz", &bytes);
        let mut text = Vec::new();
        assert!(Input::open(&path).unwrap().reader().unwrap().read_to_end(&mut text).is_err());
    }
}
