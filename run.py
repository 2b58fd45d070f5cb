import subprocess,sys
from pathlib import Path
M=[
("demo/country/families.py","np.clip(random.normal(21.5, 3.0, len(families)), 18.2, 36)","np.clip(random.normal(12, 3.0, len(families)), 8, 36)","register"),
("demo/country/register_columns.py","generation = np.maximum(until - start, 0) // traits.card_period[family]","generation = np.maximum(until - start, 0) * 0","register"),
("demo/country/traits.py","random.random(len(population)) < 0.85, new_year, first","random.random(len(population)) < 0.15, new_year, first","register"),
("demo/country/register_columns.py","reformed = day >= day_number(VALID_ON[\"v02\"])","reformed = False","register"),
("demo/country/register_victims.py","_LIFETIMES = ((0, 3), (0, 1), (2, 3))","_LIFETIMES = ((0, 3), (0, 3), (0, 3))","register"),
("demo/country/hsm_troubles.py","deepcopy(interview)","deepcopy(interview); copy.row['comment']='x'","hsm"),
("demo/country/hsm_troubles.py","found = [one for one in found if one not in group[1:]]","pass","hsm"),
("demo/country/hsm_answers.py","winter = _WINTER_MONTHS.get(month, 0.0)","winter = 0.0","hsm"),
("demo/country/hsm_answers.py","fighting = _FIGHTING_MONTHS.get(month, 0.0) * ","fighting = 0.0 * ","hsm"),
("demo/country/hsm_sample.py","if number < len(planted):","if number < 3:","hsm"),
("demo/country/hsm_interviews.py","return 0 if slow and","return deployed if slow and","hsm"),
("demo/country/hsm_form.py","path = MOBILE_BEFORE if path == MOBILE_AFTER else path","pass","hsm"),
("demo/country/hsm_troubles.py","    interview.sent += timedelta(days=source.randint(31, 35))","    pass","hsm"),
]
for f,a,b,t in M:
    p=Path(f); s=p.read_text()
    if a not in s or a==b: print("skip",f,a[:40]); continue
    p.write_text(s.replace(a,b,1))
    r=subprocess.run(["/work/main/.venv/bin/python","-m","pytest","-x","-q",f"tests/unit/demo/test_{t}.py"],capture_output=True,text=True)
    print("CAUGHT" if r.returncode else "SURVIVED",f,a[:50],[l for l in r.stdout.splitlines() if l.startswith("FAILED")][:1])
    p.write_text(s)
