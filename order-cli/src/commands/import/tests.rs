//! The rules, from the text of a file to what is to be taken over.

use std::ops::ControlFlow;

use order_core::{Currency, ImportRecord, Status};

use super::{
    census::Census,
    csv_rows::CsvRows,
    exact::Exact,
    field::Mapping,
    input::Format,
    intake::{Intake, Setting},
    json_rows::read_json,
    row::Sink,
    unit::{Piece, Unit},
};

fn read(format: Format, text: &str, sink: &mut impl Sink) {
    let mapping = Mapping::default();
    match format {
        Format::Csv => CsvRows::open(text.as_bytes(), &mapping).unwrap().read(sink).unwrap(),
        Format::Jsonl => read_json(text.as_bytes(), &mapping, sink).unwrap(),
    }
}

/// Both passes over a text: the pieces in order, then the rounds of returns.
fn passed(format: Format, text: &str) -> (Vec<Piece>, Vec<Vec<Unit>>) {
    let mut census = Census::default();
    read(format, text, &mut census);
    census.finish();
    let rows = census.rows;
    let setting = Setting { source: "test".to_owned(), currency: Some(Currency::GBP) };
    let mut pieces = Vec::new();
    let mut intake = Intake::new(setting, census, |piece| {
        pieces.push(piece);
        ControlFlow::Continue(())
    });
    read(format, text, &mut intake);
    let returns = intake.finish();
    let taken = returns.iter().flatten().map(|unit| unit.parts.len());
    let others = pieces.iter().map(|piece| match piece {
        Piece::Taken(unit) => unit.parts.len(),
        Piece::Refused(_) => 1,
    });
    assert_eq!(taken.chain(others).sum::<usize>() as u64, rows, "every row is accounted for");
    (pieces, returns)
}

/// What becomes of a text, one short line each.
fn told(format: Format, text: &str) -> Vec<String> {
    let (pieces, returns) = passed(format, text);
    let mut told: Vec<_> = pieces.iter().map(tell).collect();
    for (round, units) in returns.into_iter().enumerate() {
        told.extend(units.into_iter().map(|unit| format!("{round} {}", tell(&Piece::Taken(unit)))));
    }
    told
}

fn tell(piece: &Piece) -> String {
    let unit = match piece {
        Piece::Refused(refusal) => {
            let row = &refusal.row;
            let (number, amount) = (row.number.as_deref(), row.amount.as_deref());
            let (number, amount) = (number.unwrap_or("-"), amount.unwrap_or("-"));
            return format!("refused {}: {number} {} {amount}", row.line, row.code);
        }
        Piece::Taken(unit) => unit,
    };
    let lines: Vec<_> = unit.parts.iter().map(|part| part.place.key.to_string()).collect();
    let (number, at, sum) = (&unit.header.number, unit.header.at, unit.sum());
    let what = match &unit.record {
        ImportRecord::Sale(_) => "order",
        ImportRecord::CreditNote(note) => {
            assert!(note.is_sound().unwrap());
            assert_eq!(Exact::of(note.total), sum);
            "note"
        }
        ImportRecord::Return(back) => {
            assert_eq!(Exact::of(back.amount.checked_neg().unwrap()), sum);
            let items: Vec<_> = back
                .items
                .iter()
                .map(|item| format!("{}x{}", item.line_id, item.quantity))
                .collect();
            return format!("{} of {} [{}] {at} {sum}", back.id, back.order_id, items.join(" "));
        }
        ImportRecord::Refused(_) => "refused",
    };
    format!("{what} {number} [{}] {at} {sum}", lines.join(" "))
}

const HEADER: &str =
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

fn csv(rows: &[&str]) -> Vec<String> {
    told(Format::Csv, &format!("{HEADER}{}", rows.join("\n")))
}

#[test]
fn rows_of_one_number_are_one_order_wherever_they_stand() {
    let told = csv(&[
        "1,A,a,2,2011-01-01 10:00:00,1.50,7,UK",
        "2,A,a,1,2011-01-02 10:00:00,1.50,7,UK",
        "1,B,b,1,2011-01-01 10:01:00,2,7.0,UK",
        "1.0,A,a,2,2011-01-01 10:00:00,1.50,7,UK",
    ]);
    let expected =
        ["order 2 [3] 2011-01-02T10:00:00Z 1.50", "order 1 [2 4 5] 2011-01-01T10:00:00Z 8.00"];
    assert_eq!(told, expected);
}

#[test]
fn equal_rows_stay_separate_lines_and_free_lines_are_lines() {
    let row = "1,A,,2,2011-01-01 10:00:00,0.0,,UK";
    let (pieces, _) = passed(Format::Csv, &format!("{HEADER}{row}\n{row}\n"));
    let [Piece::Taken(unit)] = pieces.as_slice() else { panic!("{pieces:?}") };
    let ImportRecord::Sale(sale) = &unit.record else { panic!("{unit:?}") };
    let lines = &sale.content.lines;
    let ids: Vec<_> = lines.iter().map(|line| (line.id.as_str(), line.name.as_str())).collect();
    assert_eq!(ids, [("1", "A"), ("2", "A")], "a line without a name is called as its product");
    assert_eq!(sale.content.customer_id, None, "no customer is a guest");
    assert_eq!((sale.status, sale.id.as_str()), (Status::Completed, "1"));
}

#[test]
fn each_kind_of_bad_row_is_refused_with_its_code_and_the_rest_of_its_order_is_taken() {
    let told = csv(&[
        "1,A,a,2,2011-01-01 10:00:00,1.50,7,UK",
        "1,A,a,-2,2011-01-01 10:00:00,0,7,UK",
        "1,A,a,1,2011-01-01 10:00:00,0.001,7,UK",
        "1,A,a,-1,2011-01-01 10:00:00,-3,7,UK",
        "1,A,a,0,2011-01-01 10:00:00,1,7,UK",
        "1,A,a,1.5,2011-01-01 10:00:00,1,7,UK",
        "1,A,a,1000000001,2011-01-01 10:00:00,1,7,UK",
        "1,A,a,1,2011-01-01 10:00:00,\"1,50\",7,UK",
        "1,A,a,1,2011-01-01 10:00:00,,7,UK",
        "1,A,a,900000000,2011-01-01 10:00:00,900000000000,7,UK",
        "1,,a,1,2011-01-01 10:00:00,1,7,UK",
        "1,A,a,1,1/2/2011,1,7,UK",
        ",A,a,1,2011-01-01 10:00:00,1,7,UK",
        "1,A,a,1,2011-01-01 10:00:00,1,8,UK",
        "1,A,a,1,2011-01-01 10:00:00,1,7,France",
        "1,A,a,1",
        "1,A,a\u{7},1,2011-01-01 10:00:00,1,7,UK",
    ]);
    let expected = [
        "refused 3: 1 import.stock_write_off 0.00",
        "refused 4: 1 money.precision 0.001",
        "refused 5: 1 import.sign 3.00",
        "refused 6: 1 import.quantity 0.00",
        "refused 7: 1 import.quantity -",
        "refused 8: 1 import.quantity 1000000001.00",
        "refused 9: 1 money.not_a_number -",
        "refused 10: 1 money.not_a_number -",
        "refused 11: 1 money.overflow 810000000000000000000.00",
        "refused 12: 1 text.empty 1.00",
        "refused 13: 1 time.invalid 1.00",
        "refused 14: - import.number_missing 1.00",
        "refused 15: 1 import.order_differs 1.00",
        "refused 16: 1 import.order_differs 1.00",
        "refused 17: 1 import.columns -",
        "refused 18: 1 text.control_character 1.00",
        "order 1 [2] 2011-01-01T10:00:00Z 3.00",
    ];
    assert_eq!(told, expected);
}

#[test]
fn the_first_row_whose_order_can_be_read_gives_the_time() {
    let told = csv(&[
        "1,A,a,1,never,1,7,UK",
        "1,A,a,1,2011-01-01 10:05:00,0.001,7,UK",
        "1,A,a,1,2011-01-01 10:00:00,1,7,UK",
    ]);
    assert_eq!(told[2], "order 1 [4] 2011-01-01T10:05:00Z 1.00");
}

#[test]
fn a_credit_is_a_return_of_the_last_earlier_sale_of_the_same_goods() {
    let told = csv(&[
        "C3,A,a,-2,2011-01-03 10:00:00,1.50,7,UK",
        "1,X,x,1,2011-01-01 10:00:00,1,7,UK",
        "1,A,a,2,2011-01-01 10:00:00,1.50,7,UK",
        "2,A,a,2,2011-01-02 10:00:00,1.5,7,UK",
        "4,A,a,2,2011-01-04 10:00:00,1.50,7,UK",
    ]);
    assert_eq!(told.last().unwrap(), "0 C3/1 of 2 [1x2] 2011-01-03T10:00:00Z -3.00");
    assert_eq!(told.len(), 4);
}

#[test]
fn a_credit_of_the_same_minute_as_the_sale_is_a_return_of_it() {
    let told = csv(&[
        "1,A,a,2,2011-01-01 10:00:00,1.50,7,UK",
        "C2,A,\u{a0}a ,-2,2011-01-01 10:00:00,1.50,7,UK",
    ]);
    assert_eq!(told[1], "0 C2/1 of 1 [1x2] 2011-01-01T10:00:00Z -3.00");
}

#[test]
fn a_sold_line_takes_one_credit_and_the_rest_become_one_note_of_the_invoice() {
    let told = csv(&[
        "1,A,a,2,2011-01-01 10:00:00,1.50,7,UK",
        "1,B,b,1,2011-01-01 10:00:00,4,7,UK",
        "C2,A,a,-2,2011-01-02 10:00:00,1.50,7,UK",
        "C2,B,b,-1,2011-01-02 10:00:00,4,7,UK",
        "C2,A,a,-2,2011-01-02 10:00:00,1.50,7,UK",
        "C3,A,a,-2,2011-01-03 10:00:00,1.50,7,UK",
        "C3,M,Discount,1,2011-01-03 10:00:00,-9.99,7,UK",
    ]);
    let expected = [
        "order 1 [2 3] 2011-01-01T10:00:00Z 7.00",
        "note C2 [6] 2011-01-02T10:00:00Z -3.00",
        "note C3 [7 8] 2011-01-03T10:00:00Z -12.99",
        "0 C2/1 of 1 [1x2 2x1] 2011-01-02T10:00:00Z -7.00",
    ];
    assert_eq!(told, expected);
}

#[test]
fn credits_that_differ_in_customer_product_price_or_quantity_match_nothing() {
    let told = csv(&[
        "1,A,a,2,2011-01-01 10:00:00,1.50,7,UK",
        "2,A,a,2,2011-01-01 10:00:00,1.50,,UK",
        "C1,A,a,-2,2011-01-02 10:00:00,1.50,8,UK",
        "C2,B,a,-2,2011-01-02 10:00:00,1.50,7,UK",
        "C3,A,a,-2,2011-01-02 10:00:00,1.51,7,UK",
        "C4,A,a,-1,2011-01-02 10:00:00,1.50,7,UK",
        "C5,A,a,-2,2011-01-02 10:00:00,1.50,,UK",
        "C6,A,a,-2,2010-12-31 10:00:00,1.50,7,UK",
    ]);
    let notes = told.iter().filter(|line| line.starts_with("note")).count();
    assert_eq!((notes, told.len()), (6, 8), "{told:?}");
}

#[test]
fn returns_of_one_order_come_in_rounds_oldest_first_and_are_numbered_by_invoice() {
    let told = csv(&[
        "1,A,a,2,2011-01-01 10:00:00,1,7,UK",
        "1,B,b,1,2011-01-01 10:00:00,4,7,UK",
        "2,C,c,3,2011-01-01 11:00:00,1,7,UK",
        "C9,B,b,-1,2011-01-09 10:00:00,4,7,UK",
        "C5,A,a,-2,2011-01-05 10:00:00,1,7,UK",
        "C5,C,c,-3,2011-01-05 10:00:00,1,7,UK",
    ]);
    let expected = [
        "0 C5/1 of 1 [1x2] 2011-01-05T10:00:00Z -2.00",
        "0 C5/2 of 2 [1x3] 2011-01-05T10:00:00Z -3.00",
        "1 C9/1 of 1 [2x1] 2011-01-09T10:00:00Z -4.00",
    ];
    assert_eq!(told[2..], expected);
}

#[test]
fn json_lines_of_the_same_rows_give_the_same() {
    let text = concat!(
        r#"{"invoice_no":"1","invoiced_at":"2011-01-01 10:00:00","customer_id":"7","country":"UK","currency":"GBP","lines":["#,
        r#"{"sku":"A","description":" a ","qty":2,"unit_price":"1.50"},{"sku":"A","description":null,"qty":1,"unit_price":0.001}]}"#,
        "\nnothing\n",
        r#"{"invoice_no":"C2","invoiced_at":"2011-01-02 10:00:00","customer_id":"7","country":"UK","currency":"GBP","lines":["#,
        r#"{"sku":"A","description":"a","qty":-2,"unit_price":"1.50"}]}"#,
    );
    let expected = [
        "refused 2: 1 money.precision 0.001",
        "order 1 [1] 2011-01-01T10:00:00Z 3.00",
        "refused 3: - import.json -",
        "0 C2/1 of 1 [1x2] 2011-01-02T10:00:00Z -3.00",
    ];
    assert_eq!(told(Format::Jsonl, text), expected);
    let (pieces, _) = passed(Format::Jsonl, text);
    let details = pieces.iter().filter_map(|piece| match piece {
        Piece::Refused(refusal) => Some(refusal.row.detail.as_str()),
        Piece::Taken(_) => None,
    });
    let details: Vec<_> = details.collect();
    assert!(details[0].starts_with("line 1, item 2: "), "{details:?}");
    assert!(details[1].starts_with("line 2: "), "{details:?}");
}

#[test]
fn an_exported_order_comes_back_with_its_returns() {
    let text = concat!(
        r#"{"id":"o-1","number":"ORD-1","customerId":"7","status":"returned","lifecycle":"completed","#,
        r#""paymentStatus":"refunded","currency":"GBP","items":[{"id":"x","productId":"A","name":"a","#,
        r#""quantity":3,"cancelled":1,"unitPrice":"2.50"}],"total":"7.00","amountRefunded":"7.00","#,
        r#""adjustments":[{"id":"1","kind":"shipping","label":"post","amount":"2.00"}],"#,
        r#""returns":[{"id":"1","state":"received","items":[],"received":[{"lineId":"x","quantity":2}],"#,
        r#""requestedAt":"2011-01-02T00:00:00Z"}],"createdAt":"2011-01-01T00:00:00Z"}"#,
    );
    let expected = [
        "order ORD-1 [1] 2011-01-01T00:00:00Z 7.00",
        "0 o-1/1 of o-1 [xx2] 2011-01-02T00:00:00Z -7.00",
    ];
    assert_eq!(told(Format::Jsonl, text), expected);
    let (pieces, _) = passed(Format::Jsonl, text);
    let [Piece::Taken(unit)] = pieces.as_slice() else { panic!("{pieces:?}") };
    assert_eq!(unit.parts[0].quantity, 2, "what was called off is left out");
    let half = text.replace("\"returned\",\"life", "\"partially_shipped\",\"life");
    assert_eq!(told(Format::Jsonl, &half), ["refused 1: ORD-1 import.status -"]);
    let unpaid = text.replace("\"refunded\"", "\"authorized\"");
    assert_eq!(told(Format::Jsonl, &unpaid), ["refused 1: ORD-1 import.payment_status -"]);
}

#[test]
fn a_record_that_the_service_refuses_leaves_its_rows_refused_with_their_amounts() {
    let text = format!(
        "{HEADER}1,A,a,2,2011-01-01 10:00:00,1.50,7,UK\n1,B,b,1,2011-01-01 10:00:00,4,7,UK\n"
    );
    let (pieces, _) = passed(Format::Csv, &text);
    let [Piece::Taken(unit)] = pieces.as_slice() else { panic!("{pieces:?}") };
    let amounts = |code: &str| -> Vec<_> {
        let refused = unit.refused("test", code, "no");
        refused.into_iter().map(|one| (one.row.line, one.row.amount)).collect()
    };
    let expected = [(2, Some("3.00".to_owned())), (3, Some("4.00".to_owned()))];
    assert_eq!(amounts("order.already_exists"), expected);
    assert_eq!(amounts("request.key_reused"), [(2, None), (3, None)], "the books have it already");
}
