//! Reads a table as spreadsheets write it (RFC 4180): quoted fields, doubled quotes, line ends within quotes. Commas, or the
//! semicolons that spreadsheets use where the comma is the decimal sign.

/// One record and the line of the file that it begins on, as an editor counts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) line: usize,
    pub(crate) fields: Vec<String>,
    /// A quote stands where none may stand, or is never closed: the fields are not to be trusted.
    pub(crate) misquoted: bool,
}

/// Where the reader stands in a field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Start,
    Plain,
    Quotes,
    /// After a quote within quotes: the end of them, or the first of two that mean one.
    QuoteSeen,
}

/// Every record that isn't empty.
pub(crate) fn records(text: &str) -> Vec<Record> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let mut reader = Reader::new(separator(text));
    for c in text.chars() {
        reader.take(c);
    }
    reader.finish()
}

/// Whichever stands in the first line more often.
fn separator(text: &str) -> char {
    let first = text.lines().next().unwrap_or_default();
    if first.matches(';').count() > first.matches(',').count() { ';' } else { ',' }
}

struct Reader {
    separator: char,
    within: Within,
    line: usize,
    record: Record,
    field: String,
    done: Vec<Record>,
}

impl Reader {
    const fn new(separator: char) -> Self {
        let record = Record { line: 1, fields: Vec::new(), misquoted: false };
        Self { separator, within: Within::Start, line: 1, record, field: String::new(), done: Vec::new() }
    }

    fn take(&mut self, c: char) {
        if c == '\n' {
            self.line += 1;
        }
        match (self.within, c) {
            (Within::Start, '"') => self.within = Within::Quotes,
            (Within::Quotes, '"') => self.within = Within::QuoteSeen,
            (Within::Quotes, c) => self.field.push(c),
            (Within::QuoteSeen, '"') => {
                self.field.push('"');
                self.within = Within::Quotes;
            }
            (_, '\n') => self.end_record(),
            (_, '\r') => {}
            (_, c) if c == self.separator => self.end_field(),
            (Within::QuoteSeen, _) | (Within::Plain, '"') => {
                self.record.misquoted = true;
                self.field.push(c);
            }
            (_, c) => {
                self.field.push(c);
                self.within = Within::Plain;
            }
        }
    }

    fn end_field(&mut self) {
        self.record.fields.push(core::mem::take(&mut self.field).trim().to_owned());
        self.within = Within::Start;
    }

    fn end_record(&mut self) {
        self.end_field();
        let next = Record { line: self.line, fields: Vec::new(), misquoted: false };
        let record = core::mem::replace(&mut self.record, next);
        if record.misquoted || record.fields.iter().any(|field| !field.is_empty()) {
            self.done.push(record);
        }
    }

    fn finish(mut self) -> Vec<Record> {
        self.record.misquoted |= self.within == Within::Quotes;
        self.end_record();
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Vec<Vec<String>> {
        records(text).into_iter().map(|record| record.fields).collect()
    }

    #[test]
    fn plain_lines_become_records_and_empty_ones_do_not() {
        assert_eq!(fields("a,b\r\n\r\nc, d \n"), [["a", "b"], ["c", "d"]]);
        assert!(fields("").is_empty() && fields("\n \n,,\n").is_empty());
    }

    #[test]
    fn quotes_hold_separators_quotes_and_line_ends() {
        let text = "\"Ruiz, Ana\",\"say \"\"hello\"\"\",\"two\nlines\"\nBen,x,y";
        assert_eq!(fields(text), [["Ruiz, Ana", "say \"hello\"", "two\nlines"], ["Ben", "x", "y"]]);
    }

    #[test]
    fn a_record_knows_the_line_it_begins_on() {
        let lines: Vec<_> = records("\u{FEFF}h\n\"a\nb\"\n\nc").iter().map(|record| record.line).collect();
        assert_eq!(lines, [1, 2, 5]);
    }

    #[test]
    fn a_stray_or_open_quote_is_noticed() {
        for wrong in ["a\"b,c", "\"a\"b,c", "\"a,c\nd"] {
            assert!(records(wrong)[0].misquoted, "{wrong}");
        }
        assert!(!records("\"a\",\"\"")[0].misquoted);
    }

    #[test]
    fn a_spreadsheet_with_semicolons_is_read_too() {
        assert_eq!(fields("name;email\nRuiz, Ana;a@b"), [["name", "email"], ["Ruiz, Ana", "a@b"]]);
    }
}
