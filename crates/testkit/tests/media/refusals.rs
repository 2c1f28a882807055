//! What the forwarder refuses, and that nobody else is disturbed by it.

use core::time::Duration;
use std::time::Instant;

use bytes::Bytes;
use curtain_media::{AnswerRefusal, MediaCommand, What};
use curtain_protocol::{MediaGeneration, Sdp, TrackKind};
use curtain_testkit::{NativeParticipant, SealedFrames};

use crate::support::{ANA, BEN, CEM, Forwarder, VISIT, mid_of};

#[tokio::test(flavor = "multi_thread")]
async fn clear_media_is_refused_and_reported_while_sealed_media_goes_on() {
    let mut forwarder = Forwarder::start();
    let (ana, _) = forwarder.join(VISIT, ANA).await;
    let (ben, slots_of_ben) = forwarder.join(VISIT, BEN).await;
    // A VP8 key frame of 640 by 480 as an encoder makes it, with its descriptor in front.
    let clear = [0x10, 0x50, 0x42, 0x01, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01, 0x39, 0x6f, 0x00];
    for step in 0..10 {
        ana.send_packet(TrackKind::Camera, step * 3_000, true, Bytes::copy_from_slice(&clear)).await.unwrap();
    }
    let reported = forwarder
        .until(|event| match event.what {
            What::Unsealed { kind } => Some((event.participant, kind)),
            _ => None,
        })
        .await;
    assert_eq!(reported, (ANA, TrackKind::Camera));

    let mut sound = SealedFrames::new(TrackKind::Microphone, 0, 7);
    ana.send_frame(TrackKind::Microphone, &sound.next(60)).await.unwrap();
    ben.until_received(&mid_of(&slots_of_ben, ANA, TrackKind::Microphone), 1).await.unwrap();
    assert_eq!(ben.received().len(), 1, "the sealed sound and none of the clear pictures");
    let told_again = forwarder.told().iter().any(|event| matches!(event.what, What::Unsealed { .. }));
    assert!(!told_again, "ten clear packets are one report");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_answer_is_refused_by_name_and_a_good_one_still_connects() {
    let mut forwarder = Forwarder::start();
    let offered = forwarder.offer(VISIT, ANA).await;
    let ana = NativeParticipant::answer(&offered.sdp).await.unwrap();
    let bad = Sdp::new(ana.sdp().as_str().replace("sha-256", "sha-1")).unwrap();
    forwarder.answer(VISIT, ANA, offered.generation, &bad);
    let reason = forwarder
        .until(|event| match event.what {
            What::AnswerRefused { reason, .. } => Some(reason),
            _ => None,
        })
        .await;
    assert_eq!(reason, AnswerRefusal::BadFingerprint);

    forwarder.answer(VISIT, ANA, MediaGeneration(offered.generation.0 + 1), ana.sdp());
    forwarder.answer(VISIT, CEM, offered.generation, ana.sdp());
    forwarder.answer(VISIT, ANA, offered.generation, ana.sdp());
    forwarder.connected(offered.generation).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn noise_from_strangers_and_from_a_participants_address_disturbs_nobody() {
    let mut forwarder = Forwarder::start();
    let (ana, _) = forwarder.join(VISIT, ANA).await;
    let (ben, slots_of_ben) = forwarder.join(VISIT, BEN).await;
    let stranger = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = forwarder.media.ports()[0];
    let mut noise = 0x9E37_79B9_7F4A_7C15_u64;
    for length in (0..1_400).step_by(3) {
        let datagram: Vec<u8> = (0..length)
            .map(|_| {
                noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                noise.to_be_bytes()[0]
            })
            .collect();
        stranger.send_to(&datagram, ("127.0.0.1", port)).unwrap();
    }
    let mut sound = SealedFrames::new(TrackKind::Microphone, 0, 7);
    ana.send_frame(TrackKind::Microphone, &sound.next(60)).await.unwrap();
    ben.until_received(&mid_of(&slots_of_ben, ANA, TrackKind::Microphone), 1).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn key_frame_requests_are_passed_on_once_a_second_and_none_is_lost() {
    let mut forwarder = Forwarder::start();
    let (ana, _) = forwarder.join(VISIT, ANA).await;
    let (ben, slots_of_ben) = forwarder.join(VISIT, BEN).await;
    let camera = mid_of(&slots_of_ben, ANA, TrackKind::Camera);
    let mut frames = SealedFrames::new(TrackKind::Camera, 0, 7);
    ana.send_frame(TrackKind::Camera, &frames.next(200)).await.unwrap();
    ben.until_received(&camera, 1).await.unwrap();

    #[expect(clippy::disallowed_methods, reason = "the spacing of real requests is measured")]
    let started = Instant::now();
    for _ in 0..30 {
        ben.ask_key_frame(&camera).await.unwrap();
    }
    ana.until_asked(TrackKind::Camera, 2).await.unwrap();
    assert!(started.elapsed() >= Duration::from_millis(900), "the second one waited its second");
    assert_eq!(ana.key_frames_asked(TrackKind::Camera), 2, "thirty requests became two");
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_about_people_and_visits_that_are_not_there_are_harmless() {
    let mut forwarder = Forwarder::start();
    let offered = forwarder.offer(VISIT, ANA).await;
    forwarder.media.send(MediaCommand::Leave { visit: VISIT, participant: CEM });
    forwarder.media.send(MediaCommand::Close { visit: crate::support::OTHER_VISIT });
    forwarder.answer(VISIT, BEN, offered.generation, &offered.sdp);
    forwarder.join(VISIT, BEN).await;
}
