//! Telling which rows were refused: all of them in a file, the first ones on standard error.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use order_core::RefusedRow;
use serde::Serialize;

use super::{
    feed::Settlement,
    unit::{Piece, Refusal},
};
use crate::{
    error::{Done, Failure},
    output::{Output, clean},
};

/// How many refused rows people are shown.
const SHOWN_MAX: u64 = 20;

/// Tells which rows were refused.
#[derive(Debug)]
pub(super) struct Refusals {
    output: Output,
    file: Option<(PathBuf, BufWriter<File>)>,
    count: u64,
}

/// A refused row in the report.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    file_line: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<u32>,
    #[serde(flatten)]
    row: &'a RefusedRow,
}

impl Refusals {
    /// Begins the report, if one is wanted.
    pub(super) fn new(output: Output, path: Option<&Path>) -> Done<Self> {
        let file = match path {
            None => None,
            Some(path) => {
                let file =
                    File::create(path).map_err(|error| Failure::io(path.display(), &error))?;
                Some((path.to_owned(), BufWriter::new(file)))
            }
        };
        Ok(Self { output, file, count: 0 })
    }

    /// Tells of the rows that were refused.
    pub(super) fn tell(&mut self, settled: &Settlement) -> Done {
        if let Piece::Refused(refusal) = &settled.piece {
            self.tell_one(refusal)?;
        }
        settled.refusals.iter().try_for_each(|refusal| self.tell_one(refusal))
    }

    fn tell_one(&mut self, refusal: &Refusal) -> Done {
        let row = &refusal.row;
        self.count += 1;
        if self.count <= SHOWN_MAX {
            let number = row.number.as_deref().unwrap_or("no number");
            // Where a line has several rows, the detail says which line and item it is.
            let place = if refusal.place.item.is_none() && refusal.place.key == refusal.place.line {
                format!("line {}: ", row.line)
            } else {
                String::new()
            };
            let text = format!("refused {place}{} [{}] ({number})", row.detail, row.code);
            self.output.say(clean(&text));
        }
        let Some((path, file)) = &mut self.file else {
            return Ok(());
        };
        let entry = Entry { file_line: refusal.place.line, item: refusal.place.item, row };
        let written = serde_json::to_writer(&mut *file, &entry).map_err(std::io::Error::from);
        let written = written.and_then(|()| file.write_all(b"\n"));
        written.map_err(|error| Failure::io(path.display(), &error))
    }

    /// Ends the report.
    pub(super) fn finish(self) -> Done {
        let hidden = self.count.saturating_sub(SHOWN_MAX);
        let Some((path, mut file)) = self.file else {
            if hidden > 0 {
                let hint = "--report FILE writes all of them to a file";
                self.output.say(format_args!("and {hidden} more refused rows; {hint}"));
            }
            return Ok(());
        };
        file.flush().map_err(|error| Failure::io(path.display(), &error))?;
        if self.count > 0 {
            self.output.say(format_args!("all refused rows are in {}", path.display()));
        }
        Ok(())
    }
}
