//! What both daemons share: start-up, separation, links and the one poll loop.
