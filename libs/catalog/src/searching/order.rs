//! The order of a search. No two rows stand at the same place, so that pages neither repeat nor leave out any.

use super::conditions::column;
use super::dialect::table;
use crate::search::{OrderBy, Search};
use dataset::{Computed, Level, Matching, SearchKey};
use sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};

/// Whether matches are to be sorted: whether the order that is asked for is one that no index has.
pub(crate) fn is_sorted(search: &Search) -> bool {
    asked(search).next().is_some() && by_date(search).is_none()
}

/// Orders by what is asked for, and then as all searches are: by study, newest first, by series and instance number.
pub(super) fn order(select: &mut SelectStatement, search: &Search) {
    let newest = by_date(search).unwrap_or(Order::Desc);
    if is_sorted(search) {
        for OrderBy { key, descending } in asked(search) {
            let direction = if *descending { Order::Desc } else { Order::Asc };
            let value = value(key);
            select.order_by_expr(value.clone().is_not_null(), direction.clone()).order_by_expr(value, direction);
        }
    }
    select.order_by(("study", "study_date"), newest.clone()).order_by(("study", "id"), newest);
    if search.level >= Level::Series {
        select.order_by(("series", "series_order"), Order::Asc).order_by(("series", "id"), Order::Asc);
    }
    if search.level >= Level::Instance {
        select.order_by(("instance", "instance_order"), Order::Asc).order_by(("instance", "id"), Order::Asc);
    }
}

fn asked(search: &Search) -> impl Iterator<Item = &OrderBy> {
    search.order.iter().filter(|by| by.key.level <= search.level)
}

/// The direction of Study Date, where nothing else is asked for first: the index of all searches, which can be read from
/// either end.
fn by_date(search: &Search) -> Option<Order> {
    let mut asked = asked(search);
    let only = asked.next().filter(|by| by.key.keyword == "StudyDate")?;
    asked.next().is_none().then_some(if only.descending { Order::Desc } else { Order::Asc })
}

fn value(key: &SearchKey) -> Expr {
    match key.matching {
        Matching::Name => first_name(key),
        Matching::Computed(Computed::NumberOfStudyRelatedSeries) => Expr::col(("study", "series_count")),
        Matching::Computed(Computed::NumberOfStudyRelatedInstances) => Expr::col(("study", "instance_count")),
        Matching::Computed(_) => Expr::col(("series", "instance_count")),
        _ => column(key),
    }
}

/// The first component group that a name has, folded.
fn first_name(key: &SearchKey) -> Expr {
    let own = table(key.level);
    let names = format!("{own}_name");
    let mut select = Query::select();
    select.column((names.clone(), "folded")).from(names.clone());
    select.and_where(Expr::col((names.clone(), own)).equals((own, "id")));
    select.and_where(Expr::col((names.clone(), "attribute")).eq(key.keyword));
    select.order_by((names.clone(), "component_group"), Order::Asc).order_by((names, "folded"), Order::Asc).limit(1);
    Expr::SubQuery(None, Box::new(select.into()))
}
