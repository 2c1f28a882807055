//! Who sits where in one participant's connection. Seats are taken and freed, never added or removed.

use curtain_domain::ParticipantId;

use crate::layout::SEATS;

/// Five seats, each for one other person's microphone, camera and screen.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seats {
    seats: [Seat; SEATS],
    turns: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Seat {
    taken_by: Option<ParticipantId>,
    last: Option<ParticipantId>,
    freed_on_turn: u64,
}

impl Seats {
    /// Gives a person a seat: the one they had, else the one that is free for longest. False when all are taken.
    pub(crate) fn seat(&mut self, who: ParticipantId) -> bool {
        if self.of(who).is_some() {
            return true;
        }
        let free = self.seats.iter_mut().filter(|seat| seat.taken_by.is_none());
        let best = free.min_by_key(|seat| (seat.last != Some(who), seat.freed_on_turn));
        best.is_some_and(|seat| {
            seat.taken_by = Some(who);
            seat.last = Some(who);
            true
        })
    }

    /// Frees a person's seat. False when there was none.
    pub(crate) fn free(&mut self, who: ParticipantId) -> bool {
        self.turns += 1;
        let Some(index) = self.of(who) else { return false };
        self.seats[index].taken_by = None;
        self.seats[index].freed_on_turn = self.turns;
        true
    }

    /// Where a person sits.
    pub(crate) fn of(&self, who: ParticipantId) -> Option<usize> {
        self.seats.iter().position(|seat| seat.taken_by == Some(who))
    }

    /// Who sits there.
    pub(crate) fn at(&self, seat: usize) -> Option<ParticipantId> {
        self.seats[seat].taken_by
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn person(number: u128) -> ParticipantId {
        ParticipantId::from_uuid(Uuid::from_u128(number))
    }

    #[test]
    fn five_find_a_seat_and_the_sixth_does_not() {
        let mut seats = Seats::default();
        assert!((1..=5).all(|number| seats.seat(person(number))));
        assert!(!seats.seat(person(6)));
        assert!(seats.seat(person(3)), "who sits stays");
    }

    #[test]
    fn who_comes_back_sits_where_they_sat() {
        let mut seats = Seats::default();
        seats.seat(person(1));
        seats.seat(person(2));
        seats.free(person(2));
        seats.free(person(1));
        seats.seat(person(1));
        assert_eq!(seats.of(person(1)), Some(0));
        seats.seat(person(2));
        assert_eq!(seats.of(person(2)), Some(1));
    }

    #[test]
    fn a_newcomer_takes_the_seat_that_is_free_for_longest() {
        let mut seats = Seats::default();
        for number in 1..=5 {
            seats.seat(person(number));
        }
        seats.free(person(4));
        seats.free(person(2));
        seats.seat(person(9));
        assert_eq!(seats.of(person(9)), Some(3));
        assert_eq!(seats.at(1), None);
    }
}
