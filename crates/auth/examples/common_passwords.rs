//! Packs the list of common passwords: `common_passwords LIST OUT`, with one password a line, most common first.
//! docs/decisions/0007-common-passwords.md tells which list.

use std::collections::HashSet;
use std::{env, fs, io};

/// The most common ones, of whatever length: people decorate them.
const MOST_COMMON: usize = 200_000;
/// Of the rest, those that are long enough to be chosen as they stand.
const LONG_ENOUGH: usize = 12;

fn main() -> io::Result<()> {
    let mut arguments = env::args().skip(1);
    let (Some(list), Some(out)) = (arguments.next(), arguments.next()) else {
        return Err(io::Error::other("usage: common_passwords LIST OUT"));
    };
    let text = fs::read_to_string(list)?;
    let words: HashSet<&str> = text
        .lines()
        .enumerate()
        .filter(|(rank, word)| *rank < MOST_COMMON || word.chars().count() >= LONG_ENOUGH)
        .map(|(_, word)| word)
        .collect();
    fs::write(out, curtain_auth::pack_common_passwords(words))
}
