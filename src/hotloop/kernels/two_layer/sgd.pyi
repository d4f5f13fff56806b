from hotloop.structs import CSRRows, DenseRows, Dropout, Network, Pass

def two_layer_pass(
    rows: DenseRows | CSRRows, steps: Pass, network: Network, dropout: Dropout, n_jobs: int = 1
) -> tuple[float, int]: ...
