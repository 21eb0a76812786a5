"""Asks a server through a client that is made of the proto files here and now.

Arguments: the folder of the proto files, a folder for what is made, the address. Says `ok` in the end.
"""

import pathlib
import sys

import grpc_tools
from grpc_tools import protoc

protos, made, address = sys.argv[1:]
files = [f"order/v1/{name}.proto" for name in ("auth", "orders", "products", "users")]
included = pathlib.Path(grpc_tools.__file__).parent / "_proto"
folders = [f"-I{protos}", f"-I{included}", f"--python_out={made}", f"--grpc_python_out={made}"]
assert protoc.main(["protoc", *folders, *files]) == 0
sys.path.insert(0, made)

import grpc
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from grpc_status import rpc_status

from order.v1 import orders_pb2 as pb
from order.v1 import orders_pb2_grpc, products_pb2, products_pb2_grpc


def refusal(call, *arguments, **named):
    """The status of a call that fails, and its details by type."""
    try:
        call(*arguments, **named)
    except grpc.RpcError as error:
        details = {}
        for packed in rpc_status.from_call(error).details:
            for kind in (error_details_pb2.ErrorInfo, error_details_pb2.BadRequest, error_details_pb2.RetryInfo):
                if packed.Is(kind.DESCRIPTOR):
                    details[kind] = kind()
                    packed.Unpack(details[kind])
        return error.code(), details
    raise AssertionError("it was not refused")


channel = grpc.insecure_channel(address)
orders = orders_pb2_grpc.OrderServiceStub(channel)
products = products_pb2_grpc.ProductServiceStub(channel)

health = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest())
assert health.status == health_pb2.HealthCheckResponse.SERVING, health

watching = orders.WatchEvents(pb.WatchEventsRequest(after=0, types=["order.placed"]))

products.CreateProduct(products_pb2.CreateProductRequest(id="tea", name="Tea", price="4.50", currency="EUR", stock=9))
wanted = pb.PlaceOrderRequest(customer_id="ann", items=[pb.ItemInput(product_id="tea", quantity=2)])
key = [("idempotency-key", "python-1")]
placed = orders.PlaceOrder(wanted, metadata=key).order
assert (placed.total, placed.currency, placed.status) == ("9.00", "EUR", "confirmed"), placed
again = orders.PlaceOrder(wanted, metadata=key)
assert again.replayed and again.order == placed, again
assert orders.GetOrder(pb.GetOrderRequest(order=placed.number)) == placed

event = next(watching)
assert (event.event.type, event.event.order_id) == ("order.placed", placed.id), event
watching.cancel()

pages = list(orders.StreamOrders(pb.ListOrdersRequest(limit=1)))
assert [order.id for page in pages for order in page.orders] == [placed.id], pages

code, details = refusal(orders.CompleteOrder, pb.OrderRequest(order=placed.id))
info = details[error_details_pb2.ErrorInfo]
assert (code, info.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "order.transition_not_allowed"), info
assert "ship" in info.metadata["allowed"].split(","), info
code, details = refusal(orders.PlaceOrder, pb.PlaceOrderRequest(items=[pb.ItemInput(product_id="tea")]))
field = details[error_details_pb2.BadRequest].field_violations[0]
assert (code, field.field) == (grpc.StatusCode.INVALID_ARGUMENT, "items[0].quantity"), field
stale = [("if-match", "7")]
code, details = refusal(orders.CancelOrder, pb.CancelOrderRequest(order=placed.id), metadata=stale)
assert (code, details[error_details_pb2.ErrorInfo].reason) == (grpc.StatusCode.ABORTED, "order.stale")

names = set(ProtoReflectionDescriptorDatabase(channel).get_services())
assert {"order.v1.OrderService", "order.v1.ProductService", "order.v1.UserService", "order.v1.AuthService"} <= names
print("ok")
