//! A browser's answer, checked before `rtc` sees a byte of it (requirement RT4).
//!
//! The answer is parsed into the few facts we need, each against its rule, and then written anew from those facts.
//! What nobody asked for (unknown attributes, other header extensions, candidates) is not carried along: an ICE-lite
//! server learns where the browser is from the browser's own checks.

mod lines;
mod refusal;
mod section;
mod written;

use curtain_protocol::{Limits, Sdp, TrackKind};

use crate::layout::{OWN, SECTIONS, kind_of_section};
use lines::Lines;
pub use refusal::AnswerRefusal;
use section::{Section, Transport};

/// The facts of an answer that keeps the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    transport: Transport,
    sections: Vec<Section>,
}

impl Answer {
    /// Checks a description that claims to answer our offer.
    pub(crate) fn check(sdp: &Sdp) -> Result<Self, AnswerRefusal> {
        let lines = Lines::split(sdp.as_str())?;
        let bundled = lines.session_value("group").unwrap_or_default();
        let sections = lines
            .sections()
            .iter()
            .enumerate()
            .map(|(index, section)| Section::check(index, section))
            .collect::<Result<Vec<_>, _>>()?;
        if sections.len() != SECTIONS {
            return Err(AnswerRefusal::WrongSections);
        }
        all_bundled(bundled)?;
        let transport = Transport::check(&lines)?;
        sources_differ(&sections)?;
        Ok(Self { transport, sections })
    }

    /// The track that a synchronisation source of this participant carries.
    pub(crate) fn kind_of(&self, ssrc: u32) -> Option<TrackKind> {
        (0..OWN).find(|&own| self.sections[own].source == Some(ssrc)).map(kind_of_section)
    }

    /// The synchronisation source of one of the participant's own tracks, if it sends that track.
    pub(crate) fn source_of(&self, kind: TrackKind) -> Option<u32> {
        self.sections[crate::layout::position(kind)].source
    }
}

/// One transport carries everything (RFC 9143): a second one would need a second round of checks and keys.
fn all_bundled(group: &str) -> Result<(), AnswerRefusal> {
    let mut mids =
        group.strip_prefix("BUNDLE ").ok_or(AnswerRefusal::NotBundled)?.split(' ').collect::<Vec<_>>();
    mids.sort_unstable();
    let mut ours: Vec<String> = (0..SECTIONS).map(|section| section.to_string()).collect();
    ours.sort_unstable();
    if mids == ours { Ok(()) } else { Err(AnswerRefusal::NotBundled) }
}

/// Two tracks with one source could be taken for each other.
fn sources_differ(sections: &[Section]) -> Result<(), AnswerRefusal> {
    let mut sources: Vec<u32> =
        sections.iter().flat_map(|section| [section.source, section.retransmission]).flatten().collect();
    sources.sort_unstable();
    if sources.windows(2).any(|pair| pair[0] == pair[1]) { Err(AnswerRefusal::BadSource) } else { Ok(()) }
}

const _: () = assert!(Limits::SDP_SECTIONS == SECTIONS);

#[cfg(test)]
mod tests;
