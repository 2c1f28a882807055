//! The machine by itself: members without MLS, a clock that tests move, and a wire that they bend.

mod attacks;
mod honest;
mod table;
mod vectors;

use core::time::Duration;
use std::collections::VecDeque;

use curtain_domain::{AccountId, Entropy, SeededEntropy, Timestamp};
use uuid::Uuid;

use super::{Circle, Moment, Origin, SafetyCode, SafetyFailure, SafetyMessage, SafetyState, SafetyView};
use crate::suite::Suite;

const NOON: Timestamp = Timestamp::from_unix_millis(1_795_262_400_000);
/// Longer than either step may take.
const TOO_LONG: Duration = Duration::from_millis(5_001);

fn key(who: u8) -> [u8; 32] {
    // Not in the order of the numbers: sorting is the machine's.
    [who.wrapping_mul(151), who].repeat(16).try_into().unwrap()
}

fn person(who: u8) -> AccountId {
    AccountId::from_uuid(Uuid::from_u128(u128::from(who)))
}

/// The circle of these members as `me` sees it. The roster's hash stands for who is in it.
fn circle(members: &[u8], since: u64, me: u8) -> Circle {
    let suite = Suite::new().unwrap();
    let mut sorted: Vec<_> = members.iter().map(|who| (key(*who), person(*who))).collect();
    sorted.sort_unstable();
    Circle { roster: suite.hash(members).unwrap(), since, members: sorted, me: key(me) }
}

struct Side {
    who: u8,
    code: SafetyCode,
}

/// Some members and the letters between them.
struct World {
    now: Timestamp,
    chance: SeededEntropy,
    epoch: u64,
    sides: Vec<Side>,
    /// From, to, what.
    wire: VecDeque<(u8, u8, SafetyMessage)>,
}

impl World {
    fn new(seed: u64) -> Self {
        let (now, chance) = (NOON, SeededEntropy::new(seed));
        Self { now, chance, epoch: 0, sides: Vec::new(), wire: VecDeque::new() }
    }

    /// These are in from now on; everybody begins, nothing is delivered yet.
    fn of(seed: u64, members: &[u8]) -> Self {
        let mut world = Self::new(seed);
        world.become_of(members);
        world
    }

    fn moment(&self) -> Moment {
        let mut nonce = [0; 32];
        self.chance.fill(&mut nonce);
        Moment { now: self.now, nonce }
    }

    /// An epoch with other members.
    fn become_of(&mut self, members: &[u8]) {
        self.epoch += 1;
        for who in members {
            if !self.sides.iter().any(|side| side.who == *who) {
                self.sides.push(Side { who: *who, code: SafetyCode::new(Suite::new().unwrap()) });
            }
        }
        self.sides.retain(|side| members.contains(&side.who));
        for who in members {
            let (circle, moment) = (circle(members, self.epoch, *who), self.moment());
            self.side(*who).enter(circle, moment).unwrap();
        }
        self.collect();
    }

    fn side(&mut self, who: u8) -> &mut SafetyCode {
        &mut self.sides.iter_mut().find(|side| side.who == who).unwrap().code
    }

    /// What everybody wants said goes on the wire.
    fn collect(&mut self) {
        let all: Vec<u8> = self.sides.iter().map(|side| side.who).collect();
        for side in &mut self.sides {
            for message in side.code.take_outbox() {
                for to in all.iter().filter(|to| **to != side.who) {
                    self.wire.push_back((side.who, *to, message.clone()));
                }
            }
        }
    }

    fn hear(&mut self, from: u8, to: u8, message: &SafetyMessage) {
        let (origin, moment) = (Origin { leaf_key: key(from), epoch: self.epoch }, self.moment());
        self.side(to).hear(origin, message, moment).unwrap();
        self.collect();
    }

    /// Delivers the letter at this place of the wire.
    fn deliver_at(&mut self, at: usize) {
        let Some((from, to, message)) = self.wire.remove(at) else { return };
        if self.sides.iter().any(|side| side.who == to) {
            self.hear(from, to, &message);
        }
    }

    /// Delivers all that this lets through, and what follows from it.
    fn deliver(&mut self, passes: impl Fn(u8, u8, &SafetyMessage) -> bool) {
        while let Some((from, to, message)) = self.wire.pop_front() {
            if passes(from, to, &message) && self.sides.iter().any(|side| side.who == to) {
                self.hear(from, to, &message);
            }
        }
    }

    fn deliver_all(&mut self) {
        self.deliver(|_, _, _| true);
    }

    fn pass(&mut self, span: Duration) {
        self.now = self.now + span;
        let moments: Vec<Moment> = self.sides.iter().map(|_| self.moment()).collect();
        for (side, moment) in self.sides.iter_mut().zip(moments) {
            side.code.tick(moment).unwrap();
        }
        self.collect();
    }

    fn press_try_again(&mut self, who: u8) {
        let moment = self.moment();
        self.side(who).try_again(moment).unwrap();
        self.collect();
    }

    fn view(&self, who: u8) -> SafetyView {
        self.sides.iter().find(|side| side.who == who).unwrap().code.view()
    }

    fn code(&self, who: u8) -> Option<String> {
        match self.view(who).state {
            SafetyState::Code(code) => Some(code),
            _ => None,
        }
    }

    fn failure(&self, who: u8) -> Option<(SafetyFailure, Vec<AccountId>)> {
        match self.view(who).state {
            SafetyState::Failed { why, who } => Some((why, who)),
            _ => None,
        }
    }

    fn is_checking(&self, who: u8) -> bool {
        self.view(who).state == SafetyState::Checking
    }

    /// The one code that all show.
    fn agreed(&self) -> String {
        let codes: Vec<_> = self.sides.iter().map(|side| self.code(side.who)).collect();
        assert!(codes.iter().all(|code| *code == codes[0]), "different codes");
        codes[0].clone().expect("a code")
    }
}
