//! The answer as `rtc` gets it: written by us from the checked facts.

use core::fmt::Write as _;

use crate::layout::{Codec, OWN, SECTIONS, TRANSPORT_WIDE, kind_of_section};

use super::Answer;
use super::section::Section;

impl Answer {
    /// A description with nothing in it that we did not check.
    pub(crate) fn to_description(&self) -> String {
        let mids: Vec<String> = (0..SECTIONS).map(|section| section.to_string()).collect();
        let mut text = format!(
            "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {}\r\na=fingerprint:sha-256 {}\r\n",
            mids.join(" "),
            self.transport.fingerprint,
        );
        for (index, section) in self.sections.iter().enumerate() {
            self.write_section(&mut text, index, section);
        }
        text
    }

    fn write_section(&self, text: &mut String, index: usize, section: &Section) {
        let media = if kind_of_section(index).is_audio() { "audio" } else { "video" };
        let numbers = section.codecs.iter().flat_map(|codec| numbers(*codec, section.retransmits));
        let numbers: Vec<String> = numbers.map(|number| number.to_string()).collect();
        let direction = match (section.active, index < OWN) {
            (false, _) => "inactive",
            (true, true) => "sendonly",
            (true, false) => "recvonly",
        };
        let mut line = |line: &str| {
            text.push_str(line);
            text.push_str("\r\n");
        };
        line(&format!("m={media} 9 UDP/TLS/RTP/SAVPF {}", numbers.join(" ")));
        line("c=IN IP4 0.0.0.0");
        line(&format!("a=mid:{index}"));
        line(&format!("a=ice-ufrag:{}", self.transport.ufrag));
        line(&format!("a=ice-pwd:{}", self.transport.password));
        line(if self.transport.opens_dtls { "a=setup:active" } else { "a=setup:passive" });
        line("a=rtcp-mux");
        line("a=rtcp-rsize");
        line(&format!("a={direction}"));
        if let Some(number) = section.transport_wide {
            line(&format!("a=extmap:{number} {TRANSPORT_WIDE}"));
        }
        for codec in &section.codecs {
            write_codec(text, *codec, section.retransmits);
        }
        write_sources(text, index, section);
    }
}

fn numbers(codec: Codec, retransmits: bool) -> impl Iterator<Item = u8> {
    [Some(codec.payload_type()), codec.retransmission_type().filter(|_| retransmits)].into_iter().flatten()
}

fn write_codec(text: &mut String, codec: Codec, retransmits: bool) {
    let number = codec.payload_type();
    let channels = if codec.channels() == 2 { "/2" } else { "" };
    let _ = write!(text, "a=rtpmap:{number} {}/{}{channels}\r\n", codec.name(), codec.clock_rate());
    if !codec.format().is_empty() {
        let _ = write!(text, "a=fmtp:{number} {}\r\n", codec.format());
    }
    for feedback in codec.feedback() {
        let _ = write!(text, "a=rtcp-fb:{number} {feedback}\r\n");
    }
    if let Some(again) = codec.retransmission_type().filter(|_| retransmits) {
        let _ =
            write!(text, "a=rtpmap:{again} rtx/{}\r\na=fmtp:{again} apt={number}\r\n", codec.clock_rate());
    }
}

/// Names are ours: what a browser calls its tracks could be the same twice.
fn write_sources(text: &mut String, index: usize, section: &Section) {
    let name = format!("own{index}");
    if let (Some(source), Some(again)) = (section.source, section.retransmission) {
        let _ = write!(text, "a=ssrc-group:FID {source} {again}\r\n");
    }
    for ssrc in [section.source, section.retransmission].into_iter().flatten() {
        let _ = write!(text, "a=ssrc:{ssrc} cname:{name}\r\na=ssrc:{ssrc} msid:{name} {name}\r\n");
    }
    if section.source.is_some() {
        let _ = write!(text, "a=msid:{name} {name}\r\n");
    }
}
