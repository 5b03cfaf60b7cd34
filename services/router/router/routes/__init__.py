"""One file a resource; each makes an APIRouter called `router`."""
