//! The rules of one m-line, and of the transport that all of them share.

use crate::layout::{Codec, OWN, kind_of_section};

use super::AnswerRefusal;
use super::lines::{Block, Lines};

/// Payload types of one m-line. We offer seven at most; what `rtc` does with each grows with the square of their number,
/// so a repeated or endless list would hold up the thread that other visits share.
const PAYLOAD_TYPES: usize = 32;

/// What we need to know of one m-line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    /// Media flows, in the one direction that the m-line has.
    pub(super) active: bool,
    /// What the browser will send or takes, of ours, in its order.
    pub(super) codecs: Vec<Codec>,
    /// It takes or sends retransmissions (RFC 4588) for them.
    pub(super) retransmits: bool,
    /// It numbers packets transport-wide, under this number.
    pub(super) transport_wide: Option<u8>,
    /// What the browser sends with; own tracks only.
    pub(super) source: Option<u32>,
    /// What it sends again with.
    pub(super) retransmission: Option<u32>,
}

impl Section {
    pub(super) fn check(index: usize, block: &Block<'_>) -> Result<Self, AnswerRefusal> {
        let payload_types = payload_types(index, block)?;
        if block.value("mid") != Some(index.to_string().as_str()) {
            return Err(AnswerRefusal::WrongSections);
        }
        if !block.has("rtcp-mux") {
            return Err(AnswerRefusal::NoRtcpMux);
        }
        let active = direction(index, block)?;
        let codecs = codecs(index, block, &payload_types)?;
        let retransmits = codecs
            .iter()
            .any(|codec| codec.retransmission_type().is_some_and(|number| payload_types.contains(&number)));
        let (source, retransmission) = if active && index < OWN { sources(block)? } else { (None, None) };
        let transport_wide = block
            .values("extmap")
            .find_map(|value| value.strip_suffix(crate::layout::TRANSPORT_WIDE))
            .and_then(|number| number.trim_end().parse().ok())
            .filter(|number| (1..=14).contains(number));
        Ok(Self { active, codecs, retransmits, transport_wide, source, retransmission })
    }
}

/// `m=audio 9 UDP/TLS/RTP/SAVPF 111`: our kind, not rejected (port 0), and its payload types.
fn payload_types(index: usize, block: &Block<'_>) -> Result<Vec<u8>, AnswerRefusal> {
    let mut words = block.media.split(' ');
    let media = if kind_of_section(index).is_audio() { "audio" } else { "video" };
    let ours = index < crate::layout::SECTIONS
        && words.next() == Some(media)
        && words.next().is_some_and(|port| port != "0")
        && words.next() == Some("UDP/TLS/RTP/SAVPF");
    if !ours {
        return Err(AnswerRefusal::WrongSections);
    }
    let mut numbers: Vec<u8> = Vec::new();
    for word in words {
        let number = word.parse().map_err(|_| AnswerRefusal::Malformed)?;
        if numbers.contains(&number) {
            return Err(AnswerRefusal::Malformed);
        }
        if numbers.len() == PAYLOAD_TYPES {
            return Err(AnswerRefusal::TooManyPayloadTypes);
        }
        numbers.push(number);
    }
    Ok(numbers)
}

/// The browser sends on its own m-lines and receives on the others', or does neither.
fn direction(index: usize, block: &Block<'_>) -> Result<bool, AnswerRefusal> {
    let expected = if index < OWN { "sendonly" } else { "recvonly" };
    let given: Vec<&str> = ["sendrecv", "sendonly", "recvonly", "inactive"]
        .into_iter()
        .filter(|direction| block.has(direction))
        .collect();
    match given.as_slice() {
        ["inactive"] => Ok(false),
        [direction] if *direction == expected => Ok(true),
        _ => Err(AnswerRefusal::BadDirection),
    }
}

/// Ours, under our numbers. A number that means another codec would make the seal's check look at the wrong bytes.
fn codecs(index: usize, block: &Block<'_>, numbers: &[u8]) -> Result<Vec<Codec>, AnswerRefusal> {
    let kind = kind_of_section(index);
    let codecs: Vec<Codec> =
        numbers.iter().filter_map(|&number| Codec::by_payload_type(kind, number)).collect();
    let named = |codec: &Codec| {
        let map = format!("{} {}/{}", codec.payload_type(), codec.name(), codec.clock_rate()).to_lowercase();
        block.values("rtpmap").any(|value| value.to_lowercase().starts_with(&map))
    };
    if codecs.is_empty() || !codecs.iter().all(named) { Err(AnswerRefusal::BadCodec) } else { Ok(codecs) }
}

/// The source of the track and, by its `FID` group (RFC 5576), of its retransmissions.
fn sources(block: &Block<'_>) -> Result<(Option<u32>, Option<u32>), AnswerRefusal> {
    let mut declared: Vec<u32> = Vec::new();
    for value in block.values("ssrc") {
        let number = value.split(' ').next().and_then(|word| word.parse().ok()).filter(|&ssrc| ssrc != 0);
        let ssrc: u32 = number.ok_or(AnswerRefusal::BadSource)?;
        if !declared.contains(&ssrc) {
            declared.push(ssrc);
        }
    }
    let group = block.values("ssrc-group").find_map(|value| value.strip_prefix("FID "));
    match (declared.as_slice(), group) {
        ([only], None) => Ok((Some(*only), None)),
        ([_, _], Some(group)) => {
            let pair: Vec<u32> = group.split(' ').filter_map(|word| word.parse().ok()).collect();
            match pair.as_slice() {
                [source, again] if source != again && pair.iter().all(|ssrc| declared.contains(ssrc)) => {
                    Ok((Some(*source), Some(*again)))
                }
                _ => Err(AnswerRefusal::BadSource),
            }
        }
        _ => Err(AnswerRefusal::BadSource),
    }
}

/// The browser's end of the one transport.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Transport {
    pub(super) ufrag: String,
    pub(super) password: String,
    /// Hexadecimal pairs of a SHA-256 hash.
    pub(super) fingerprint: String,
    /// The browser opens the DTLS handshake. Browsers always do; `webrtc` waits for an ICE-lite server.
    pub(super) opens_dtls: bool,
}

impl Transport {
    pub(super) fn check(lines: &Lines<'_>) -> Result<Self, AnswerRefusal> {
        let ufrag = the_one(lines, "ice-ufrag").filter(|value| is_ice(value, 4));
        let password = the_one(lines, "ice-pwd").filter(|value| is_ice(value, 22));
        let fingerprint = the_one(lines, "fingerprint")
            .and_then(|value| value.strip_prefix("sha-256 "))
            .filter(|value| is_sha256(value))
            .ok_or(AnswerRefusal::BadFingerprint)?;
        let opens_dtls = match the_one(lines, "setup") {
            Some("active") => true,
            Some("passive") => false,
            _ => return Err(AnswerRefusal::BadSetup),
        };
        match (ufrag, password) {
            (Some(ufrag), Some(password)) => Ok(Self {
                ufrag: ufrag.to_owned(),
                password: password.to_owned(),
                fingerprint: fingerprint.to_ascii_uppercase(),
                opens_dtls,
            }),
            _ => Err(AnswerRefusal::BadIceCredentials),
        }
    }
}

/// The value that all blocks which have the attribute agree on.
fn the_one<'a>(lines: &Lines<'a>, name: &str) -> Option<&'a str> {
    let mut values = lines.blocks().flat_map(|block| block.values(name));
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}

/// RFC 8839 §5.4: ice-char, and as long as the random part has to be.
fn is_ice(value: &str, at_least: usize) -> bool {
    (at_least..=256).contains(&value.len())
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
}

/// RFC 8122 §5: 32 pairs of hexadecimal digits with colons between them.
fn is_sha256(value: &str) -> bool {
    value.len() == 32 * 3 - 1
        && value.split(':').all(|pair| pair.len() == 2 && pair.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
