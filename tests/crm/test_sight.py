"""Who may see what: crm.sight, asked through visible_to."""

from django.contrib.auth.models import AnonymousUser

from crm.models import Customer, Employee, Interaction, OrgUnit


def test_a_branch_manager_sees_the_interactions_of_the_branch(world):
    assert list(Interaction.objects.visible_to(world.helen.user)) == [world.interaction]


def test_a_manager_elsewhere_sees_none_of_them(world):
    assert not Interaction.objects.visible_to(world.elsa.user).exists()
    assert not Customer.objects.visible_to(world.elsa.user).exists()


def test_an_employee_sees_what_is_their_own(world):
    assert list(Interaction.objects.visible_to(world.jonas.user)) == [world.interaction]
    assert not OrgUnit.objects.visible_to(world.jonas.user).exists()


def test_a_regional_manager_sees_the_subtree(world):
    assert set(OrgUnit.objects.visible_to(world.rosa.user)) == {world.north, world.harbour, world.mill}


def test_a_function_is_ones_own_only_where_a_role_gives_it(world):
    assert not OrgUnit.objects.visible_to(world.rosa.user, "surveys.change_program").exists()
    assert OrgUnit.objects.visible_to(world.olivia.user, "surveys.change_program").count() == 6


def test_the_operator_sees_everything_and_nobody_signed_in_sees_nothing(world):
    assert OrgUnit.objects.visible_to(world.operator).count() == 6
    assert not OrgUnit.objects.visible_to(AnonymousUser()).exists()


def test_a_key_sees_its_own_subtree(world):
    assert list(OrgUnit.objects.visible_to(world.station_key)) == [world.station]


def test_employees_in_sight_are_those_assigned_there_and_oneself(world):
    assert set(Employee.objects.visible_to(world.helen.user)) == {world.helen, world.jonas}
    assert list(Employee.objects.visible_to(world.jonas.user)) == [world.jonas]


def test_a_person_who_was_deactivated_sees_nothing_on_the_next_request(world):
    world.helen.user.is_active = False
    assert not Interaction.objects.visible_to(world.helen.user).exists()
