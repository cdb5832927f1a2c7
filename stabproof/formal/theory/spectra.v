From Coq Require Import Reals Lra Lia Psatz.
Open Scope R_scope.

(* Roots x + i y of monic real polynomials of degree 1 to 3: the eigenvalues of a matrix with that characteristic
   polynomial. *)

Definition root1 (a0 x y : R) : Prop := x + a0 = 0 /\ y = 0.

Definition root2 (a1 a0 x y : R) : Prop := x * x - y * y + a1 * x + a0 = 0 /\ (2 * x + a1) * y = 0.

Definition root3 (a2 a1 a0 x y : R) : Prop :=
  x * x * x - 3 * x * (y * y) + a2 * (x * x - y * y) + a1 * x + a0 = 0 /\
  (3 * (x * x) - y * y + 2 * a2 * x + a1) * y = 0.

Theorem hurwitz1 : forall a0, 0 < a0 -> forall x y, root1 a0 x y -> x < 0.
Proof. intros a0 H x y [E _]; lra. Qed.

Theorem hurwitz2 : forall a1 a0, 0 < a1 -> 0 < a0 -> forall x y, root2 a1 a0 x y -> x < 0.
Proof.
  intros a1 a0 H1 H0 x y [E I]. destruct (Rmult_integral _ _ I) as [Z|Z]; [lra|]. subst y.
  apply Rnot_le_lt; intro L. nra.
Qed.

Theorem hurwitz3 : forall a2 a1 a0, 0 < a2 -> 0 < a0 -> a0 < a2 * a1 -> forall x y, root3 a2 a1 a0 x y -> x < 0.
Proof.
  intros a2 a1 a0 H2 H0 H x y [E I]. apply Rnot_le_lt; intro L.
  assert (H1 : 0 < a1) by nra.
  destruct (Rmult_integral _ _ I) as [Z|Z].
  - assert (Y : y * y = 3 * (x * x) + 2 * a2 * x + a1) by lra. rewrite Y in E.
    assert (0 <= x * x) by nra. assert (0 <= x * x * x) by nra. assert (0 <= a2 * (x * x)) by nra.
    assert (0 <= a1 * x) by nra. assert (0 <= a2 * a2 * x) by nra. nra.
  - subst y. assert (0 <= x * x) by nra. assert (0 <= x * x * x) by nra. assert (0 <= a2 * (x * x)) by nra. nra.
Qed.

(* a root to the right of the imaginary axis *)
Theorem not_hurwitz1 : forall a0, a0 < 0 -> exists x y, root1 a0 x y /\ 0 < x.
Proof. intros a0 H. exists (- a0), 0. unfold root1; lra. Qed.

Theorem not_hurwitz2 : forall a1 a0, a0 < 0 \/ a1 < 0 -> exists x y, root2 a1 a0 x y /\ 0 < x.
Proof.
  intros a1 a0 H. destruct (Rle_lt_dec 0 (a1 * a1 - 4 * a0)) as [D|D].
  - pose proof (sqrt_def _ D) as S. pose proof (sqrt_pos (a1 * a1 - 4 * a0)) as P.
    set (s := sqrt (a1 * a1 - 4 * a0)) in *. exists ((s - a1) / 2), 0. unfold root2.
    repeat split; try lra; try nra.
  - assert (D' : 0 <= 4 * a0 - a1 * a1) by lra. pose proof (sqrt_def _ D') as S.
    set (s := sqrt (4 * a0 - a1 * a1)) in *. exists (- a1 / 2), (s / 2). unfold root2.
    repeat split; try lra; try nra.
Qed.

(* every root inside the unit disc *)
Theorem schur1 : forall a0, -1 < a0 < 1 -> forall x y, root1 a0 x y -> x * x + y * y < 1.
Proof. intros a0 H x y [E Y]. subst y. nra. Qed.

Theorem schur2 : forall a1 a0, 0 < 1 + a1 + a0 -> 0 < 1 - a1 + a0 -> a0 < 1 ->
  forall x y, root2 a1 a0 x y -> x * x + y * y < 1.
Proof.
  intros a1 a0 P M B x y [E I]. destruct (Rmult_integral _ _ I) as [Z|Z].
  - assert (A : a1 = - (2 * x)) by lra. subst a1. nra.
  - subst y. assert (U : x < 1).
    { apply Rnot_le_lt; intro L. assert (0 < (x - 1) * (- a1 - x - 1)) by nra. assert (0 < x - 1) by nra.
      assert (0 < - a1 - x - 1) by nra. nra. }
    assert (V : -1 < x).
    { apply Rnot_le_lt; intro L. assert (0 < (x + 1) * (- a1 - x + 1)) by nra. assert (x + 1 < 0) by nra.
      assert (- a1 - x + 1 < 0) by nra. nra. }
    nra.
Qed.

(* a root outside of the unit disc *)
Theorem not_schur1 : forall a0, a0 < -1 \/ 1 < a0 -> exists x y, root1 a0 x y /\ 1 < x * x + y * y.
Proof. intros a0 H. exists (- a0), 0. unfold root1. split; [lra|]. nra. Qed.

Theorem not_schur2 : forall a1 a0, 1 + a1 + a0 < 0 \/ 1 - a1 + a0 < 0 \/ 1 < a0 ->
  exists x y, root2 a1 a0 x y /\ 1 < x * x + y * y.
Proof.
  intros a1 a0 H. destruct (Rle_lt_dec 0 (a1 * a1 - 4 * a0)) as [D|D].
  - pose proof (sqrt_def _ D) as S. pose proof (sqrt_pos (a1 * a1 - 4 * a0)) as P.
    set (s := sqrt (a1 * a1 - 4 * a0)) in *.
    assert (F : forall t, t * t = a1 * a1 -> 0 <= t -> 2 < s + t).
    { intros t Q N. apply Rnot_le_lt; intro L.
      assert (U : s * s <= (2 - t) * (2 - t)) by nra.
      assert (W : 0 <= 1 - t + a0) by lra.
      destruct (Rle_lt_dec 0 a1) as [A|A].
      - assert (t = a1) by nra. destruct H as [H|[H|H]]; [lra|lra|].
        assert (4 < t * t) by lra. assert (2 < t) by nra. lra.
      - assert (t = - a1) by nra. destruct H as [H|[H|H]]; [lra|lra|].
        assert (4 < t * t) by lra. assert (2 < t) by nra. lra. }
    destruct (Rle_lt_dec 0 a1) as [A|A].
    + exists (- (s + a1) / 2), 0. pose proof (F a1 eq_refl A). unfold root2.
      split; [split; [nra|lra]|]. nra.
    + exists ((s - a1) / 2), 0. pose proof (F (- a1) ltac:(ring) ltac:(lra)). unfold root2.
      split; [split; [nra|lra]|]. nra.
  - assert (D' : 0 <= 4 * a0 - a1 * a1) by lra. pose proof (sqrt_def _ D') as S.
    set (s := sqrt (4 * a0 - a1 * a1)) in *. exists (- a1 / 2), (s / 2). unfold root2.
    split; [split; [nra|lra]|]. destruct H as [H|[H|H]]; nra.
Qed.

(* a real quadratic form of two variables *)
Theorem positive_form2 : forall a b c, 0 < a -> 0 < a * c - b * b ->
  forall x y, (x <> 0 \/ y <> 0) -> 0 < a * (x * x) + 2 * b * (x * y) + c * (y * y).
Proof.
  intros a b c A D x y N. apply Rmult_lt_reg_l with a; [exact A|]. rewrite Rmult_0_r.
  replace (a * (a * (x * x) + 2 * b * (x * y) + c * (y * y))) with
    ((a * x + b * y) * (a * x + b * y) + (a * c - b * b) * (y * y)) by ring.
  destruct (Req_dec y 0) as [Y|Y].
  - subst y. assert (X : x <> 0) by (destruct N; lra). assert (P : 0 < x * x) by (apply Rsqr_pos_lt; exact X).
    replace ((a * x + b * 0) * (a * x + b * 0) + (a * c - b * b) * (0 * 0)) with (a * a * (x * x)) by ring.
    apply Rmult_lt_0_compat; [apply Rmult_lt_0_compat; exact A|exact P].
  - assert (P : 0 < y * y) by (apply Rsqr_pos_lt; exact Y).
    assert (0 < (a * c - b * b) * (y * y)) by (apply Rmult_lt_0_compat; assumption).
    assert (0 <= (a * x + b * y) * (a * x + b * y)) by apply Rle_0_sqr. lra.
Qed.

Theorem nonnegative_form2 : forall a b c, 0 < a -> 0 <= a * c - b * b ->
  forall x y, 0 <= a * (x * x) + 2 * b * (x * y) + c * (y * y).
Proof.
  intros a b c A D x y. apply Rmult_le_reg_l with a; [exact A|]. rewrite Rmult_0_r.
  replace (a * (a * (x * x) + 2 * b * (x * y) + c * (y * y))) with
    ((a * x + b * y) * (a * x + b * y) + (a * c - b * b) * (y * y)) by ring.
  assert (0 <= (a * c - b * b) * (y * y)) by (apply Rmult_le_pos; [assumption|apply Rle_0_sqr]).
  assert (0 <= (a * x + b * y) * (a * x + b * y)) by apply Rle_0_sqr. lra.
Qed.
