//! What takes longer than a quick run should.

mod clock;
mod database;
mod frozen;
mod object_store;
