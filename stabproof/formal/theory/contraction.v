From Coq Require Import Reals Lra Lia Psatz.
Open Scope R_scope.

(* Banach's fixed point theorem on a closed cube of R^n in the maximum norm. *)

Definition vector := nat -> R.

Definition within_distance (n : nat) (u v : vector) (m : R) : Prop :=
  forall i, (i < n)%nat -> Rabs (u i - v i) <= m.

Lemma small_powers : forall q a e, 0 <= q < 1 -> 0 <= a -> 0 < e -> exists k, a * q ^ k < e.
Proof.
  intros q a e Hq Ha He.
  assert (Hy : 0 < e / (a + 1)) by (apply Rdiv_lt_0_compat; lra).
  destruct (pow_lt_1_zero q (ltac:(rewrite Rabs_pos_eq; lra)) _ Hy) as [k Hk].
  exists k. specialize (Hk k (le_n k)).
  assert (Hp : 0 <= q ^ k) by (apply pow_le; lra).
  rewrite Rabs_pos_eq in Hk by exact Hp.
  apply Rle_lt_trans with ((a + 1) * q ^ k); [nra|].
  apply Rlt_le_trans with ((a + 1) * (e / (a + 1))).
  - apply Rmult_lt_compat_l; lra.
  - right; field; lra.
Qed.

Section Contraction.

Variables (n : nat) (T : vector -> vector) (c : vector) (r q : R).
Hypothesis radius_nonnegative : 0 <= r.
Hypothesis factor : 0 <= q < 1.
Hypothesis start : within_distance n (T c) c ((1 - q) * r).
Hypothesis contracts : forall u v m, 0 <= m -> within_distance n u c r -> within_distance n v c r -> within_distance n u v m ->
  within_distance n (T u) (T v) (q * m).

Fixpoint iterate (k : nat) : vector := match k with O => c | S k => T (iterate k) end.

Lemma power_between : forall k, 0 <= q ^ k <= 1.
Proof.
  intro k; split; [apply pow_le; lra|].
  induction k; simpl; [lra|]. assert (0 <= q ^ k) by (apply pow_le; lra). nra.
Qed.

Lemma steps : forall k, within_distance n (iterate k) c (r * (1 - q ^ k)) /\
  within_distance n (iterate (S k)) (iterate k) (r * (q ^ k - q ^ S k)).
Proof.
  induction k as [|k [Hc Hs]].
  - split; intros i Hi.
    + simpl. replace (c i - c i) with 0 by lra. rewrite Rabs_R0. lra.
    + pose proof (start i Hi). simpl in *. lra.
  - assert (Hn : within_distance n (iterate (S k)) c (r * (1 - q ^ S k))).
    { intros i Hi. specialize (Hc i Hi). specialize (Hs i Hi).
      replace (iterate (S k) i - c i) with ((iterate (S k) i - iterate k i) + (iterate k i - c i)) by lra.
      pose proof (Rabs_triang (iterate (S k) i - iterate k i) (iterate k i - c i)). lra. }
    split; [exact Hn|].
    pose proof (power_between k) as B. pose proof (power_between (S k)) as B'.
    assert (Hm : 0 <= r * (q ^ k - q ^ S k)) by (apply Rmult_le_pos; [lra|simpl; nra]).
    assert (I1 : within_distance n (iterate (S k)) c r) by (intros i Hi; specialize (Hn i Hi); nra).
    assert (I0 : within_distance n (iterate k) c r) by (intros i Hi; specialize (Hc i Hi); nra).
    pose proof (contracts _ _ _ Hm I1 I0 Hs) as Hq. intros i Hi. specialize (Hq i Hi).
    change (Rabs (T (iterate (S k)) i - T (iterate k) i) <= r * (q ^ S k - q ^ S (S k))).
    simpl pow in *. lra.
Qed.

Lemma iterate_inside : forall k, within_distance n (iterate k) c r.
Proof.
  intros k i Hi. destruct (steps k) as [H _]. specialize (H i Hi). pose proof (power_between k). nra.
Qed.

Lemma far : forall k m, within_distance n (iterate (k + m)) (iterate k) (r * (q ^ k - q ^ (k + m))).
Proof.
  intros k m; induction m as [|m IH]; intros i Hi.
  - rewrite Nat.add_0_r. replace (iterate k i - iterate k i) with 0 by lra. rewrite Rabs_R0. lra.
  - rewrite Nat.add_succ_r. specialize (IH i Hi). destruct (steps (k + m)) as [_ S]. specialize (S i Hi).
    replace (iterate (Datatypes.S (k + m)) i - iterate k i) with
      ((iterate (Datatypes.S (k + m)) i - iterate (k + m) i) + (iterate (k + m) i - iterate k i)) by lra.
    pose proof (Rabs_triang (iterate (Datatypes.S (k + m)) i - iterate (k + m) i) (iterate (k + m) i - iterate k i)).
    lra.
Qed.

Lemma near : forall k m, (k <= m)%nat -> within_distance n (iterate m) (iterate k) (r * q ^ k).
Proof.
  intros k m L i Hi. replace m with (k + (m - k))%nat by lia.
  pose proof (far k (m - k) i Hi). pose proof (power_between (k + (m - k))). nra.
Qed.

Lemma cauchy : forall i, (i < n)%nat -> Cauchy_crit (fun k => iterate k i).
Proof.
  intros i Hi e He. destruct (small_powers q r (e / 2) factor radius_nonnegative ltac:(lra)) as [k Hk].
  exists k. intros a b Ha Hb. unfold R_dist.
  pose proof (near k a Ha i Hi). pose proof (near k b Hb i Hi).
  replace (iterate a i - iterate b i) with ((iterate a i - iterate k i) - (iterate b i - iterate k i)) by lra.
  pose proof (Rabs_triang (iterate a i - iterate k i) (- (iterate b i - iterate k i))) as Ht.
  rewrite Rabs_Ropp in Ht. unfold Rminus at 1. lra.
Qed.

Lemma limit : exists x : vector, forall i, (i < n)%nat -> Un_cv (fun k => iterate k i) (x i).
Proof.
  exists (fun i => match lt_dec i n with
    | left h => proj1_sig (R_complete _ (cauchy i h))
    | right _ => 0 end).
  intros i Hi. destruct (lt_dec i n) as [h|h]; [|contradiction].
  exact (proj2_sig (R_complete _ (cauchy i h))).
Qed.

Theorem fixed_point : exists x, within_distance n x c r /\ forall i, (i < n)%nat -> T x i = x i.
Proof.
  destruct limit as [x Hx]. exists x.
  assert (D : forall k, within_distance n x (iterate k) (r * q ^ k)).
  { intros k i Hi. apply Rnot_lt_le. intro L.
    destruct (Hx i Hi (Rabs (x i - iterate k i) - r * q ^ k) ltac:(lra)) as [N HN].
    specialize (HN (max N k) ltac:(lia)). pose proof (near k (max N k) ltac:(lia) i Hi) as Hn.
    unfold R_dist in HN.
    pose proof (Rabs_triang (x i - iterate (max N k) i) (iterate (max N k) i - iterate k i)) as Ht.
    replace (x i - iterate (max N k) i + (iterate (max N k) i - iterate k i)) with (x i - iterate k i) in Ht by lra.
    rewrite Rabs_minus_sym in HN. lra. }
  assert (I : within_distance n x c r).
  { intros i Hi. pose proof (D 0%nat i Hi). simpl in *. lra. }
  split; [exact I|]. intros i Hi.
  destruct (Req_dec (T x i) (x i)) as [E|E]; [exact E|exfalso].
  assert (P : 0 < Rabs (T x i - x i)) by (apply Rabs_pos_lt; lra).
  destruct (small_powers q (2 * r) (Rabs (T x i - x i)) factor ltac:(lra) P) as [k Hk].
  pose proof (power_between k) as B.
  assert (Hm : 0 <= r * q ^ k) by (apply Rmult_le_pos; lra).
  pose proof (contracts _ _ _ Hm I (iterate_inside k) (D k) i Hi) as C.
  pose proof (D (S k) i Hi) as E'.
  change (iterate (S k) i) with (T (iterate k) i) in E'. simpl pow in E'.
  pose proof (Rabs_triang (T x i - T (iterate k) i) (T (iterate k) i - x i)) as Ht.
  replace (T x i - T (iterate k) i + (T (iterate k) i - x i)) with (T x i - x i) in Ht by lra.
  rewrite Rabs_minus_sym in E'. nra.
Qed.

Theorem fixed_point_unique : forall x y, within_distance n x c r -> within_distance n y c r ->
  (forall i, (i < n)%nat -> T x i = x i) -> (forall i, (i < n)%nat -> T y i = y i) ->
  forall i, (i < n)%nat -> x i = y i.
Proof.
  intros x y Ix Iy Fx Fy.
  assert (D : forall k, within_distance n x y (2 * r * q ^ k)).
  { induction k as [|k IH]; intros i Hi.
    - pose proof (Ix i Hi). pose proof (Iy i Hi).
      pose proof (Rabs_triang (x i - c i) (- (y i - c i))) as Ht. rewrite Rabs_Ropp in Ht.
      replace (x i - c i + - (y i - c i)) with (x i - y i) in Ht by lra. simpl. lra.
    - pose proof (power_between k). assert (Hm : 0 <= 2 * r * q ^ k) by nra.
      pose proof (contracts _ _ _ Hm Ix Iy IH i Hi) as C. rewrite (Fx i Hi), (Fy i Hi) in C. simpl pow. lra. }
  intros i Hi. destruct (Req_dec (x i) (y i)) as [E|E]; [exact E|exfalso].
  assert (P : 0 < Rabs (x i - y i)) by (apply Rabs_pos_lt; lra).
  destruct (small_powers q (2 * r) (Rabs (x i - y i)) factor ltac:(lra) P) as [k Hk].
  pose proof (D k i Hi). lra.
Qed.

End Contraction.

Lemma within_cube : forall x r, Rabs (x - 0) <= r -> - r <= x <= r.
Proof. intros x r H. rewrite Rminus_0_r in H.
  pose proof (Rle_abs x). pose proof (Rle_abs (- x)) as N. rewrite Rabs_Ropp in N. lra.
Qed.

Lemma cube_within : forall x r, - r <= x <= r -> Rabs (x - 0) <= r.
Proof. intros x r H. rewrite Rminus_0_r. apply Rabs_le. lra. Qed.

Lemma no_term : forall m, Rabs 0 <= 0 * m.
Proof. intro m. rewrite Rabs_R0. lra. Qed.

Lemma one_more_term : forall a d s e t m, 0 <= m -> Rabs a <= e -> Rabs d <= m -> Rabs s <= t * m ->
  Rabs (a * d + s) <= (e + t) * m.
Proof.
  intros a d s e t m Hm Ha Hd Hs.
  apply Rle_trans with (Rabs (a * d) + Rabs s); [apply Rabs_triang|]. rewrite Rabs_mult.
  assert (Rabs a * Rabs d <= e * m) by (apply Rmult_le_compat; try apply Rabs_pos; assumption). lra.
Qed.
