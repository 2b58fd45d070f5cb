"""What the monitoring form asks: questions and choice lists in two languages, with how answers are aggregated.

Belongs here: the wording and the columns `aggregation` and `sector`. Does not belong here: how KoBo stores a
form and which version has which question (`hsm_form.py`), who answers what (`hsm_answers.py`).

Lists whose answers are ranked stand from the least to the gravest; `last_incident` from the most recent on.
"""

from __future__ import annotations

from typing import NamedTuple

LANGUAGES = ("English (en)", "Українська (uk)")


class Ask(NamedTuple):
    """One question: its group ("" for none), name, type, choice list, two labels, aggregation, sector."""

    group: str
    name: str
    type: str
    choices: str
    label_en: str
    label_uk: str
    aggregation: str = ""
    sector: str = ""


GROUPS = {
    "location": ("Location", "Місце"),
    "ki": ("Key informant", "Ключовий респондент"),
    "wash": ("Water and sanitation", "Вода і санітарія"),
    "food": ("Food", "Продовольство"),
    "health": ("Health and nutrition", "Здоров'я і харчування"),
    "protection": ("Protection", "Захист"),
    "shelter": ("Shelter", "Житло"),
    "displacement": ("Displacement", "Переміщення"),
    "services": ("Services", "Послуги"),
    "telecom": ("Telephone", "Зв'язок"),
}

LOCATION = (
    Ask("", "round", "select_one", "round", "Round", "Раунд"),
    Ask("location", "region", "select_one", "region", "Region", "Область"),
    Ask("location", "district", "select_one", "district", "District", "Район"),
    Ask("location", "commune", "select_one", "commune", "Commune", "Громада"),
    Ask("location", "settlement", "select_one", "settlement", "Settlement", "Населений пункт"),
    Ask("location", "gps", "geopoint", "", "Position", "Координати"),
    Ask("", "consent", "select_one", "yes_no", "Does the person agree?", "Чи згодна особа?"),
)
INFORMANT = (
    Ask("ki", "ki_name", "text", "", "Name", "Ім'я"),
    Ask("ki", "ki_phone", "text", "", "Telephone", "Телефон"),
    Ask("ki", "ki_role", "select_one", "ki_role", "Role in the settlement", "Роль у населеному пункті"),
    Ask("ki", "ki_sex", "select_one", "sex", "Sex", "Стать"),
    Ask("ki", "ki_household_size", "integer", "", "People in the informant's own household",
        "Осіб у домогосподарстві респондента", "hh_level"),
)  # fmt: skip
INDICATORS = (
    Ask("wash", "water_source", "select_one", "water_source", "Main source of drinking water",
        "Основне джерело питної води", "aok_mode", "WSH"),
    Ask("wash", "water_days_missing", "integer", "", "Days without water in the last 30",
        "Днів без води за останні 30", "aok_mean", "WSH"),
    Ask("wash", "sanitation_concerns", "select_multiple", "sanitation", "Sanitation concerns",
        "Проблеми санітарії", "aok_true", "WSH"),
    Ask("food", "food_access", "select_one", "food_access", "How many households lack food",
        "Скільком домогосподарствам бракує їжі", "aok_highest", "FSC"),
    Ask("food", "market_open", "select_one", "yes_no_dnk", "Is the market open", "Чи працює ринок", "aok_no", "FSC"),
    Ask("food", "missing_items", "select_multiple", "items", "Goods missing on the market",
        "Товари, яких бракує на ринку", "aok_true", "FSC"),
    Ask("health", "health_facility_open", "select_one", "working", "Does the health facility work",
        "Чи працює заклад охорони здоров'я", "aok_mode", "HEA"),
    Ask("health", "health_barriers", "select_multiple", "barriers", "Obstacles to health care",
        "Перешкоди до медичної допомоги", "aok_true", "HEA"),
    Ask("health", "infant_food", "select_one", "yes_no_dnk", "Is infant food available",
        "Чи є дитяче харчування", "aok_no", "NUT"),
    Ask("protection", "safety_incident", "select_one", "yes_no_dnk", "Any safety incident in the last 30 days",
        "Чи були інциденти безпеки за останні 30 днів", "aok_yes", "PRO"),
    Ask("protection", "protection_concerns", "select_multiple", "concerns", "Protection concerns",
        "Проблеми захисту", "aok_true", "PRO"),
    Ask("protection", "last_incident", "select_one", "since", "When was the last incident",
        "Коли був останній інцидент", "aok_recent", "PRO"),
    Ask("shelter", "damage_level", "select_one", "damage", "Worst damage to homes",
        "Найбільші пошкодження житла", "aok_highest", "SHL"),
    Ask("shelter", "heating_fuel", "select_one", "fuel", "What most households heat with",
        "Чим опалює більшість домогосподарств", "aok_frequency", "SHL"),
    Ask("displacement", "displaced_households", "integer", "", "Displaced households in the settlement",
        "Переміщених домогосподарств у населеному пункті", "aok_mean", "CCM"),
    Ask("services", "electricity_hours", "integer", "", "Hours of electricity a day",
        "Годин електропостачання на добу", "aok_mean", "ERY"),
    Ask("services", "road_access", "select_one", "road", "Is the road usable", "Чи проїзна дорога",
        "aok_highest", "LOG"),
    Ask("services", "mobile_network", "select_one", "often", "Mobile network works",
        "Мобільний зв'язок працює", "aok_frequency", "TEL"),
    # Names that begin like KoBo's own metadata: a tool that sorts answers by such prefixes loses these two.
    Ask("", "started_school", "select_one", "share", "Children who went to school this month",
        "Діти, які ходили до школи цього місяця", "aok_mode", "EDU"),
    Ask("", "end_displacement_plan", "select_one", "plan", "What most displaced people plan",
        "Що планує більшість переміщених", "aok_mode", "CCM"),
    Ask("", "priority_needs", "select_multiple", "needs", "Priority needs", "Першочергові потреби",
        "aok_true", "Multi"),
)  # fmt: skip
CLOSING = (Ask("", "comment", "text", "", "Anything else", "Інше"),)

CHOICES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "yes_no": (("yes", "Yes", "Так"), ("no", "No", "Ні")),
    "yes_no_dnk": (("yes", "Yes", "Так"), ("no", "No", "Ні"), ("dnk", "Don't know", "Не знаю")),
    "sex": (("f", "Female", "Жінка"), ("m", "Male", "Чоловік")),
    "ki_role": (
        ("community_leader", "Community leader", "Лідер громади"),
        ("local_authority", "Local authority", "Місцева влада"),
        ("ngo_worker", "NGO worker", "Працівник НУО"),
        ("health_worker", "Health worker", "Медичний працівник"),
        ("teacher", "Teacher", "Учитель"),
        ("women_representative", "Women's representative", "Представниця жінок"),
    ),
    "water_source": (
        ("piped", "Piped water", "Водопровід"),
        ("borehole", "Borehole or well", "Свердловина або криниця"),
        ("truck", "Water truck", "Підвезення води"),
        ("surface", "River or pond", "Річка або ставок"),
        ("dnk", "Don't know", "Не знаю"),
    ),
    "sanitation": (
        ("none", "None", "Немає"),
        ("waste", "Waste not collected", "Не вивозять сміття"),
        ("sewage", "Sewage overflows", "Розлив стоків"),
        ("latrines", "Too few latrines", "Бракує туалетів"),
        ("dnk", "Don't know", "Не знаю"),
    ),
    "food_access": (
        ("few", "Hardly any", "Майже жодному"),
        ("some", "Some", "Деяким"),
        ("half", "About half", "Близько половини"),
        ("most", "Most", "Більшості"),
        ("dnk", "Don't know", "Не знаю"),
    ),
    "items": (
        ("none", "None", "Жодних"),
        ("bread", "Bread", "Хліб"),
        ("oil", "Cooking oil", "Олія"),
        ("milk", "Milk", "Молоко"),
        ("hygiene", "Hygiene articles", "Засоби гігієни"),
        ("dnk", "Don't know", "Не знаю"),
    ),
    "working": (
        ("yes", "Yes", "Так"),
        ("partly", "Partly", "Частково"),
        ("no", "No", "Ні"),
        ("dnk", "Don't know", "Не знаю"),
    ),
    "barriers": (
        ("none", "None", "Жодних"),
        ("cost", "Cost", "Вартість"),
        ("distance", "Distance", "Відстань"),
        ("staff", "No staff", "Немає персоналу"),
        ("medicine", "No medicine", "Немає ліків"),
        ("insecurity", "Insecurity", "Небезпека"),
        ("dnk", "Don't know", "Не знаю"),
    ),
    "concerns": (
        ("none", "None", "Жодних"),
        ("shelling", "Shelling", "Обстріли"),
        ("mines", "Mines", "Міни"),
        ("theft", "Theft", "Крадіжки"),
        ("separation", "Families separated", "Розлучення родин"),
        ("documents", "Lost documents", "Втрата документів"),
        ("pnta", "Prefers not to answer", "Не бажає відповідати"),
    ),
    "since": (
        ("week", "In the last week", "За останній тиждень"),
        ("month", "In the last month", "За останній місяць"),
        ("quarter", "In the last three months", "За останні три місяці"),
        ("longer", "Longer ago or never", "Раніше або ніколи"),
        ("pnta", "Prefers not to answer", "Не бажає відповідати"),
    ),
    "damage": (
        ("no_damage", "No damage", "Без пошкоджень"),
        ("light", "Windows, roofs", "Вікна, дахи"),
        ("heavy", "Walls", "Стіни"),
        ("destroyed", "Homes destroyed", "Житло зруйновано"),
    ),
    "fuel": (
        ("gas", "Gas", "Газ"),
        ("wood", "Wood", "Дрова"),
        ("coal", "Coal", "Вугілля"),
        ("electricity", "Electricity", "Електрика"),
        ("nothing", "They can't heat", "Не опалюють"),
    ),
    "road": (("open", "Open", "Проїзна"), ("delays", "With delays", "Із затримками"), ("closed", "Closed", "Закрита")),
    "often": (("always", "Always", "Завжди"), ("often", "Often", "Часто"), ("seldom", "Seldom", "Зрідка"),
              ("never", "Never", "Ніколи")),
    "share": (("most", "Most", "Більшість"), ("half", "About half", "Близько половини"), ("few", "Few", "Мало"),
              ("no_children", "No children here", "Дітей немає"), ("dnk", "Don't know", "Не знаю")),
    "plan": (("stay", "Stay", "Залишитися"), ("return", "Return home", "Повернутися"),
             ("move_on", "Move on", "Їхати далі"), ("dnk", "Don't know", "Не знаю")),
    "needs": (
        ("none", "None", "Жодних"),
        ("food", "Food", "Їжа"),
        ("water", "Water", "Вода"),
        ("health", "Health care", "Медична допомога"),
        ("shelter", "Repair of homes", "Ремонт житла"),
        ("heating", "Heating", "Опалення"),
        ("safety", "Safety", "Безпека"),
        ("cash", "Cash", "Готівка"),
    ),
}  # fmt: skip
