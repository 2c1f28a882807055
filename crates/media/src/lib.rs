//! The forwarder: who receives which packet, and the loop that drives rtc.
