//! Chromium's real answer passes; every rule of RT4 is broken once and told by its name; noise never makes it stumble.

use curtain_protocol::{Limits, Sdp, TrackKind};
use proptest::prelude::*;

use super::*;

/// Recorded from Chromium 156 in answer to our offer, with its CRLF line ends.
const CHROMIUM: &str = include_str!("chromium_156.sdp");

fn check(text: &str) -> Result<Answer, AnswerRefusal> {
    Answer::check(&Sdp::new(text.to_owned()).map_err(|_| AnswerRefusal::TooLarge)?)
}

/// The reason that Chromium's answer is refused for after one change.
fn refusal(from: &str, to: &str) -> AnswerRefusal {
    assert!(CHROMIUM.contains(from), "the recorded answer has no {from}");
    check(&CHROMIUM.replace(from, to)).unwrap_err()
}

#[test]
fn the_answer_of_chromium_is_taken() {
    let answer = check(CHROMIUM).unwrap();
    let microphone = answer.source_of(TrackKind::Microphone).unwrap();
    let camera = answer.source_of(TrackKind::Camera).unwrap();
    assert_eq!(answer.kind_of(microphone), Some(TrackKind::Microphone));
    assert_eq!(answer.kind_of(camera), Some(TrackKind::Camera));
    assert!(
        answer.source_of(TrackKind::Screen).is_some(),
        "the screen's line sends too, without a track yet"
    );
    assert_eq!(answer.kind_of(7), None);
}

#[test]
fn what_rtc_gets_holds_nothing_that_was_not_checked() {
    let written = check(CHROMIUM).unwrap().to_description();
    for unknown in ["a=candidate", "a=msid-semantic", "192.0.2.2", "trickle", "cname:7v81"] {
        assert!(!written.contains(unknown), "{unknown} was carried along");
    }
}

#[test]
fn what_was_written_reads_back_as_the_same_answer() {
    let answer = check(CHROMIUM).unwrap();
    assert_eq!(check(&answer.to_description()).unwrap(), answer);
}

#[test]
fn an_answer_without_the_screen_is_taken() {
    let (before, after) = CHROMIUM.split_once("a=mid:2\r\n").unwrap();
    let after = after.replacen("a=sendonly", "a=inactive", 1);
    let answer = check(&format!("{before}a=mid:2\r\n{after}")).unwrap();
    assert_eq!(answer.source_of(TrackKind::Screen), None);
    assert_eq!(check(&answer.to_description()).unwrap(), answer);
}

#[test]
fn bombs_are_refused_by_their_size() {
    assert_eq!(check(&"a".repeat(Limits::SDP_BYTES + 1)).unwrap_err(), AnswerRefusal::TooLarge);
    let lines = "a=x:y\r\n".repeat(Limits::SDP_LINES_PER_SECTION);
    assert_eq!(refusal("a=mid:3\r\n", &format!("a=mid:3\r\n{lines}")), AnswerRefusal::TooManyLines);
    assert_eq!(check(&format!("{CHROMIUM}m=audio 9 X 0\r\n")).unwrap_err(), AnswerRefusal::TooManySections);
    let candidates = "a=candidate:1 1 udp 1 192.0.2.9 9 typ host\r\n".repeat(5);
    assert_eq!(
        refusal("a=rtcp-mux\r\n", &format!("a=rtcp-mux\r\n{candidates}")),
        AnswerRefusal::TooManyCandidates
    );
}

#[test]
fn payload_types_are_few_and_each_stands_once() {
    let video = CHROMIUM.split("\r\n").find(|line| line.starts_with("m=video")).unwrap();
    let again = format!("{video}{}", " 96".repeat(200));
    assert_eq!(refusal(video, &again), AnswerRefusal::Malformed);
    let many: Vec<String> = (0..64).map(|number: u8| number.to_string()).collect();
    let many = format!("{video} {}", many.join(" "));
    assert_eq!(refusal(video, &many), AnswerRefusal::TooManyPayloadTypes);
}

#[test]
fn other_lines_than_ours_are_refused() {
    assert_eq!(refusal("a=mid:3\r\n", "a=mid:4\r\n"), AnswerRefusal::WrongSections);
    assert_eq!(refusal("m=video 9", "m=video 0"), AnswerRefusal::WrongSections, "rejected by the browser");
    assert_eq!(refusal("m=audio 9", "m=video 9"), AnswerRefusal::WrongSections);
    assert_eq!(refusal("UDP/TLS/RTP/SAVPF", "RTP/AVP"), AnswerRefusal::WrongSections);
    let two_lines = CHROMIUM.split("m=video").next().unwrap();
    assert_eq!(check(two_lines).unwrap_err(), AnswerRefusal::WrongSections);
    assert_eq!(check("").unwrap_err(), AnswerRefusal::WrongSections);
}

#[test]
fn one_transport_or_none() {
    assert_eq!(refusal("a=group:BUNDLE 0 1 2", "a=group:BUNDLE 0 1"), AnswerRefusal::NotBundled);
    assert_eq!(refusal("a=group:BUNDLE 0 1 2", "a=group:LS 0 1 2"), AnswerRefusal::NotBundled);
    assert_eq!(refusal("a=rtcp-mux\r\n", ""), AnswerRefusal::NoRtcpMux);
}

#[test]
fn only_sha_256_names_the_browser() {
    assert_eq!(refusal("sha-256", "sha-1"), AnswerRefusal::BadFingerprint);
    assert_eq!(refusal("sha-256 DC:31", "sha-256 DC31"), AnswerRefusal::BadFingerprint);
    assert_eq!(refusal("a=fingerprint:", "a=print:"), AnswerRefusal::BadFingerprint);
    let (before, after) = CHROMIUM.split_once("sha-256 DC").unwrap();
    let two = format!("{before}sha-256 DD{after}");
    assert_eq!(check(&two).unwrap_err(), AnswerRefusal::BadFingerprint, "two different ones");
}

#[test]
fn roles_credentials_and_directions_are_checked() {
    assert_eq!(refusal("a=setup:active", "a=setup:actpass"), AnswerRefusal::BadSetup);
    assert_eq!(refusal("a=ice-ufrag:CqSh", "a=ice-ufrag:C"), AnswerRefusal::BadIceCredentials);
    assert_eq!(refusal("a=ice-pwd:9ifb", "a=ice-pwd:9 fb"), AnswerRefusal::BadIceCredentials);
    assert_eq!(refusal("a=recvonly", "a=sendrecv"), AnswerRefusal::BadDirection);
    assert_eq!(refusal("a=sendonly", "a=recvonly"), AnswerRefusal::BadDirection);
    assert_eq!(refusal("a=sendonly\r\n", "a=sendonly\r\na=inactive\r\n"), AnswerRefusal::BadDirection);
}

#[test]
fn codecs_and_sources_are_ours_and_told_apart() {
    assert_eq!(refusal("SAVPF 111", "SAVPF 9"), AnswerRefusal::BadCodec);
    assert_eq!(refusal("a=rtpmap:96 VP8", "a=rtpmap:96 H264"), AnswerRefusal::BadCodec);
    assert_eq!(refusal("a=ssrc:2513668434", "a=source:2513668434"), AnswerRefusal::BadSource);
    assert_eq!(refusal("3326579273", "2513668434"), AnswerRefusal::BadSource, "one source on two lines");
    assert_eq!(refusal("a=ssrc:2513668434", "a=ssrc:0"), AnswerRefusal::BadSource);
    assert_eq!(refusal("FID 3326579273", "SIM 3326579273"), AnswerRefusal::BadSource);
}

#[test]
fn characters_without_business_are_refused() {
    assert_eq!(refusal("s=-", "s=\u{7}"), AnswerRefusal::Malformed);
    assert_eq!(check("hello").unwrap_err(), AnswerRefusal::Malformed);
    assert_eq!(check("\u{e4}=1").unwrap_err(), AnswerRefusal::Malformed);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Lines dropped, doubled, swapped and overwritten: refused, or taken and then the same when read back.
    #[test]
    fn a_mangled_answer_is_refused_or_understood(
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), 0..4_u8, "[ -~]{0,20}"), 1..6),
    ) {
        let mut lines: Vec<String> = CHROMIUM.lines().map(str::to_owned).collect();
        for (index, how, noise) in cuts {
            let at = index.index(lines.len());
            match how {
                0 => drop(lines.remove(at)),
                1 => lines.insert(at, lines[at].clone()),
                2 => lines[at] = noise,
                // An earlier cut may have left less than the two characters of `a=`.
                _ => {
                    let after = lines[at].len().min(2);
                    lines[at].insert_str(after, &noise);
                }
            }
        }
        if let Ok(answer) = check(&lines.join("\r\n")) {
            prop_assert_eq!(check(&answer.to_description()).unwrap(), answer);
        }
    }

    #[test]
    fn noise_is_refused(noise in "\\PC{0,400}") {
        prop_assert!(check(&noise).is_err());
    }
}
