From Coq Require Import Reals Lra Lia Psatz List.
Import ListNotations.
Open Scope R_scope.

(* Products of 2 x 2 matrices in every order. *)

Record matrix := Matrix { m11 : R; m12 : R; m21 : R; m22 : R }.
Definition point : Type := R * R.

Definition act (A : matrix) (v : point) : point :=
  (m11 A * fst v + m12 A * snd v, m21 A * fst v + m22 A * snd v).

Record block := Block { map : matrix; factor : R }.

(* the last block of the list acts first *)
Fixpoint act_all (word : list block) (v : point) : point :=
  match word with [] => v | B :: rest => act (map B) (act_all rest v) end.

Fixpoint product (word : list block) : R := match word with [] => 1 | B :: rest => factor B * product rest end.

Section Growth.

Variables (size : point -> R) (inside : point -> Prop) (family : list block).
Hypothesis factor_nonnegative : forall B, In B family -> 0 <= factor B.
Hypothesis stays : forall B v, In B family -> inside v -> inside (act (map B) v).

Lemma stays_all : forall word v, (forall B, In B word -> In B family) -> inside v -> inside (act_all word v).
Proof.
  induction word as [|A rest IH]; intros v H Hv; simpl; [exact Hv|].
  apply stays; [apply H; left; reflexivity|]. apply IH; [|exact Hv]. intros B HB. apply H. right; exact HB.
Qed.

Theorem at_most : (forall B v, In B family -> inside v -> size (act (map B) v) <= factor B * size v) ->
  forall word v, (forall B, In B word -> In B family) -> inside v -> size (act_all word v) <= product word * size v.
Proof.
  intros S word v; induction word as [|A rest IH]; intros H Hv; simpl; [lra|].
  assert (HA : In A family) by (apply H; left; reflexivity).
  assert (HR : forall B, In B rest -> In B family) by (intros B HB; apply H; right; exact HB).
  specialize (IH HR Hv). pose proof (S A _ HA (stays_all rest v HR Hv)). pose proof (factor_nonnegative A HA).
  apply Rle_trans with (factor A * size (act_all rest v)); [assumption|].
  rewrite Rmult_assoc. apply Rmult_le_compat_l; assumption.
Qed.

Theorem at_least : (forall B v, In B family -> inside v -> factor B * size v <= size (act (map B) v)) ->
  forall word v, (forall B, In B word -> In B family) -> inside v -> product word * size v <= size (act_all word v).
Proof.
  intros S word v; induction word as [|A rest IH]; intros H Hv; simpl; [lra|].
  assert (HA : In A family) by (apply H; left; reflexivity).
  assert (HR : forall B, In B rest -> In B family) by (intros B HB; apply H; right; exact HB).
  specialize (IH HR Hv). pose proof (S A _ HA (stays_all rest v HR Hv)). pose proof (factor_nonnegative A HA).
  apply Rle_trans with (factor A * size (act_all rest v)); [|assumption].
  rewrite Rmult_assoc. apply Rmult_le_compat_l; assumption.
Qed.

End Growth.
