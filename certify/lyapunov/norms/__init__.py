"""Upper bounds from norms of words, in any dimension. Two theorems, each with several sets of words.

Subadditivity (Kingman): lambda <= E log |A_w|_P / E|w|, with single letters (`contraction`) or any complete prefix-free
set of words (`word_norms`). Jensen's inequality for one quadratic form: lambda <= (1/2) (E log t_w + log mu) / E|w|,
with single letters (`jensen_bound`), all words of one length (`block_bound`) or any complete prefix-free set
(`prefix_code_bound`).
"""
