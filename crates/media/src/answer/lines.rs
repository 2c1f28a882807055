//! The outer form of a description (RFC 8866): lines of a letter and a value, in sections that begin with `m=`.
//!
//! Sizes are refused before anything is understood, so that a bomb costs one pass over 32 KiB.

use curtain_protocol::Limits;

use super::AnswerRefusal;

/// `a=name:value` or `a=name`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attribute<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a str,
}

/// One m-line and its attributes.
#[derive(Debug, Clone, Default)]
pub(super) struct Block<'a> {
    /// What follows `m=`; empty for the session.
    pub(super) media: &'a str,
    attributes: Vec<Attribute<'a>>,
    lines: usize,
}

impl<'a> Block<'a> {
    pub(super) fn values(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.attributes
            .iter()
            .filter(move |attribute| attribute.name == name)
            .map(|attribute| attribute.value)
    }

    pub(super) fn value(&self, name: &str) -> Option<&'a str> {
        self.values(name).next()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    fn take(&mut self, line: &'a str) -> Result<(), AnswerRefusal> {
        self.lines += 1;
        if self.lines > Limits::SDP_LINES_PER_SECTION {
            return Err(AnswerRefusal::TooManyLines);
        }
        if let Some(attribute) = line.strip_prefix("a=") {
            let (name, value) = attribute.split_once(':').unwrap_or((attribute, ""));
            self.attributes.push(Attribute { name, value });
        }
        Ok(())
    }
}

/// A description, taken apart.
#[derive(Debug, Clone, Default)]
pub(super) struct Lines<'a> {
    session: Block<'a>,
    sections: Vec<Block<'a>>,
}

impl<'a> Lines<'a> {
    pub(super) fn split(text: &'a str) -> Result<Self, AnswerRefusal> {
        if text.len() > Limits::SDP_BYTES {
            return Err(AnswerRefusal::TooLarge);
        }
        let mut split = Self::default();
        for line in text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)) {
            if !line.is_empty() {
                split.take(line)?;
            }
        }
        let candidates: usize = split.blocks().map(|block| block.values("candidate").count()).sum();
        if candidates > Limits::SDP_CANDIDATES {
            return Err(AnswerRefusal::TooManyCandidates);
        }
        Ok(split)
    }

    fn take(&mut self, line: &'a str) -> Result<(), AnswerRefusal> {
        let well_formed = line.as_bytes()[0].is_ascii_lowercase() && line.as_bytes().get(1) == Some(&b'=');
        if !well_formed || line.chars().any(char::is_control) {
            return Err(AnswerRefusal::Malformed);
        }
        if let Some(media) = line.strip_prefix("m=") {
            if self.sections.len() == Limits::SDP_SECTIONS {
                return Err(AnswerRefusal::TooManySections);
            }
            self.sections.push(Block { media, ..Block::default() });
        }
        self.sections.last_mut().unwrap_or(&mut self.session).take(line)
    }

    pub(super) fn sections(&self) -> &[Block<'a>] {
        &self.sections
    }

    /// The session and every section.
    pub(super) fn blocks(&self) -> impl Iterator<Item = &Block<'a>> {
        std::iter::once(&self.session).chain(&self.sections)
    }

    pub(super) fn session_value(&self, name: &str) -> Option<&'a str> {
        self.session.value(name)
    }
}
