//! Matching of what has no value (PS3.4 C.2.2.2.7). Absent and empty are the same; so is, for dates, times and numbers,
//! what cannot be read as one.

use super::conditions::{column, is_row_uid, never};
use super::dialect::table;
use dataset::{Computed, Matching, SearchKey};
use sea_query::{Expr, ExprTrait, Query};

/// The condition that a row has no value of this key.
pub(super) fn condition(key: &SearchKey) -> Expr {
    match key.matching {
        Matching::Name => without_name(key),
        Matching::Computed(Computed::ModalitiesInStudy) => without_modality(),
        Matching::Computed(_) => never(),
        Matching::Uid if is_row_uid(key) => never(),
        Matching::Date if key.keyword == "StudyDate" => column(key).eq(""),
        _ => column(key).is_null(),
    }
}

fn without_name(key: &SearchKey) -> Expr {
    let own = table(key.level);
    let names = format!("{own}_name");
    let mut select = Query::select();
    select.expr(Expr::val(1)).from(names.clone());
    select.and_where(Expr::col((names.clone(), own)).equals((own, "id")));
    select.and_where(Expr::col((names, "attribute")).eq(key.keyword));
    Expr::exists(select).not()
}

fn without_modality() -> Expr {
    let mut select = Query::select();
    select.expr(Expr::val(1)).from("study_modality");
    select.and_where(Expr::col(("study_modality", "study")).equals(("study", "id")));
    Expr::exists(select).not()
}
