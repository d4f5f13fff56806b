from hotloop.reference.rows.column_stats_csr import all_alike as all_alike
from hotloop.reference.rows.column_stats_csr import check_nonzeros as check_nonzeros
from hotloop.reference.rows.column_stats_csr import csr_column_moments as csr_column_moments
from hotloop.reference.rows.column_stats_csr import csr_largest as csr_largest
from hotloop.reference.rows.column_stats_csr import csr_square as csr_square
