//! Clients that take more than some seconds.

mod ohif;
