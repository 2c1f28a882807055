//! Native participants, load and hostile clients; openmls as the other opinion.
