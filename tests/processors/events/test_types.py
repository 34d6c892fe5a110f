"""Every type told in several constructions: sentences of our own beside «TYPE/mode anchor: actors > recipients»."""

import pytest

from tests.processors.support import annotate, coded, written


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # ASSAULT without its dead
        ("هاجم مسلحون قاعدة للجيش العراقي قرب الموصل", ["ASSAULT هاجم: @UAF > iraq-army"]),
        ("قصفت طائرات إسرائيلية مواقع لحزب الله", ["ASSAULT/aerial قصفت: @MIL > hezbollah"]),
        ("استهدفت غارة إسرائيلية منزلا في غزة", ["ASSAULT/aerial استهدفت: @MIL > @CVL"]),
        ("الجيش السوداني يقصف مواقع لقوات الدعم السريع", ["ASSAULT/aerial يقصف: sudan-army > rsf"]),
        ("شن داعش هجوما على قوات سوريا الديمقراطية", ["ASSAULT هجوما: daesh > sdf"]),
        ("شنت إسرائيل غارات على مواقع لحزب الله", ["ASSAULT/aerial غارات: israel > hezbollah"]),
        ("نفذ تنظيم داعش تفجيرا في بغداد", ["ASSAULT/explosives تفجيرا: daesh > @CVL"]),
        ("فجر انتحاري نفسه قرب مقر للشرطة", ["ASSAULT/suicide-attack فجر: @UAF > @CVL"]),
        ("أطلق مسلحون النار على صحفي", ["ASSAULT/firearms أطلق: @UAF > @MED"]),
        ("اختطف مسلحون ثلاثة صحفيين", ["ASSAULT/abduct اختطف: @UAF > @MED"]),
        ("انفجار سيارة مفخخة في بغداد", ["ASSAULT/explosives انفجار: @UNK > @CVL"]),
        ("انفجار لغم بدورية لقسد شرق دير الزور", ["ASSAULT/explosives انفجار: @UNK > @CVL"]),
        ("تعرض موكب الوزير لإطلاق نار", ["ASSAULT/firearms إطلاق: @UNK > @GOV"]),
        ("دمر الجيش السوري مستودعا لداعش", ["ASSAULT/destroy دمر: syria-army > daesh"]),
        ("اندلعت اشتباكات عنيفة بين قسد وداعش", ["ASSAULT اشتباكات: sdf + daesh > "]),
        ("اشتبكت قسد مع داعش في ريف الحسكة", ["ASSAULT اشتبكت: sdf + daesh > "]),
        ("وقع تفجير في بغداد. وأسفر التفجير عن مقتل سبعة جنود", ["ASSAULT/explosives مقتل: @UNK > @MIL"]),
        # COERCE
        ("سيطرت قوات الدعم السريع على الفاشر", ["COERCE/seize سيطرت: rsf > @UNK"]),
        ("استعاد الجيش السوداني السيطرة على الخرطوم", ["COERCE/seize استعاد: sudan-army > @UNK"]),
        ("اقتحم الجيش الإسرائيلي المخيم", ["COERCE/seize اقتحم: israel-army > @UNK"]),
        ("ضبطت الشرطة كمية من الأسلحة", ["COERCE/seize ضبطت: @COP > @UNK"]),
        ("أغلقت إسرائيل معبر رفح", ["COERCE/restrict أغلقت: israel > @CVL"]),
        ("فرضت قوات الدعم السريع حصارا على الفاشر", ["COERCE/restrict فرضت: rsf > @CVL"]),
        ("حجبت السلطات مواقع إخبارية", ["COERCE/censor حجبت: @GOV > @UNK"]),
        ("أعلنت السلطات حظر التجول في بغداد", ["COERCE/curfew حظر التجول: @GOV > @CVL"]),
        # ACCUSE
        (
            "أدانت السعودية الهجوم الإسرائيلي على غزة",
            ["ACCUSE/disapprove أدانت: saudi-arabia > @MIL", "ASSAULT الهجوم: @MIL > @CVL"],
        ),
        (
            "أدانت إيران قصف إسرائيل لدمشق",
            ["ACCUSE/disapprove أدانت: iran > israel", "ASSAULT/heavy-weapons قصف: israel > @CVL"],
        ),
        ("انتقد حزب الله الحكومة اللبنانية", ["ACCUSE/disapprove انتقد: hezbollah > lebanon-government"]),
        ("اتهم حزب الله إسرائيل بخرق الهدنة", ["ACCUSE/allege اتهم: hezbollah > israel"]),
        ("أكدت إيران موقفها، متهمة إسرائيل بالعدوان", ["ACCUSE/allege متهمة: iran > israel"]),
        ("تحقق الشرطة مع ثلاثة مشتبهين", ["ACCUSE/investigate تحقق: @COP > @CRM"]),
        # REQUEST
        ("طالبت حماس إسرائيل بالإفراج عن الأسرى", ["REQUEST/yield طالبت: hamas > israel"]),
        ("دعا مجلس الأمن الدولي قوات الدعم السريع إلى وقف القتال", ["REQUEST/yield دعا: un-security-council > rsf"]),
        ("حثت روسيا تركيا على الحوار مع سوريا", ["REQUEST/meet حثت: russia > turkey"]),
        ("استدعت إيران السفير السويدي", ["REQUEST/meet استدعت: iran > @GOV"]),
        # CONSULT
        ("اجتمع وفد من قسد مع مسؤولين من التحالف الدولي", ["CONSULT اجتمع: sdf + coalition > "]),
        ("زار الرئيس الأمريكي السعودية", ["CONSULT/visit زار: @GOV > saudi-arabia"]),
        ("بدأ الرئيس الروسي زيارة إلى إيران", ["CONSULT/visit زيارة: @GOV > iran"]),
        ("محادثات بين إيران والسعودية في بغداد", ["CONSULT محادثات: iran + saudi-arabia > "]),
        ("عقدت روسيا وتركيا محادثات حول سوريا", ["CONSULT محادثات: russia + turkey > "]),
        ("أجرى الوزير اتصالا هاتفيا مع قسد", ["CONSULT/phone اتصالا هاتفيا: @GOV + sdf > "]),
        # AGREE, SUPPORT, CONCEDE, COOPERATE, AID
        ("وقعت إيران وروسيا اتفاقية تعاون", ["AGREE وقعت: iran + russia > "]),
        ("توصلت قسد إلى اتفاق مع تركيا", ["AGREE توصلت: sdf + turkey > "]),
        ("وافقت إسرائيل على الهدنة", ["AGREE وافقت: israel > "]),
        ("أعربت روسيا عن دعمها لسوريا", ["SUPPORT دعمها: russia > syria"]),
        ("رحبت إيران بقرار السعودية", ["SUPPORT رحبت: iran > saudi-arabia"]),
        ("شكر الرئيس السوري تركيا", ["SUPPORT شكر: @GOV > turkey"]),
        (
            "اعترفت إسرائيل بقصف مستشفى في غزة",
            ["CONCEDE اعترفت: israel > ", "ASSAULT/heavy-weapons قصف: israel > @CVL"],
        ),
        ("تراجعت إسرائيل عن القرار", ["CONCEDE تراجعت: israel > "]),
        ("تجري روسيا وسوريا مناورات عسكرية مشتركة", ["COOPERATE مناورات: russia + syria > "]),
        ("تتعاون قسد مع التحالف الدولي", ["COOPERATE تتعاون: sdf + coalition > "]),
        ("قدمت السعودية مساعدات إنسانية إلى السودان", ["AID قدمت: saudi-arabia > sudan"]),
        ("حرر الجيش العراقي خمسة رهائن", ["AID حرر: iraq-army > @CVL"]),
        ("إجلاء مئات المدنيين من الفاشر", ["AID إجلاء: @UNK > @CVL"]),
        # RETREAT, REJECT, THREATEN
        ("انسحبت قوات الدعم السريع من الخرطوم", ["RETREAT/withdraw انسحبت: rsf > "]),
        ("استقال رئيس الوزراء", ["RETREAT/resign استقال: @GOV > "]),
        ("أفرجت حماس عن ثلاثة رهائن", ["RETREAT/release أفرجت: hamas > @CVL"]),
        ("أعلنت حماس وقف إطلاق النار", ["RETREAT/ceasefire وقف إطلاق النار: hamas > "]),
        ("رفضت إيران التفاوض مع الولايات المتحدة", ["REJECT/meet رفضت: iran > usa"]),
        ("ألغى الرئيس الإيراني زيارته إلى العراق", ["REJECT/meet ألغى: @GOV > @UNK"]),
        ("هدد داعش باستهداف قوات سوريا الديمقراطية", ["THREATEN هدد: daesh > sdf"]),
        ("توعدت إيران إسرائيل برد قاس", ["THREATEN/violence توعدت: iran > israel"]),
        ("تلقى صحفي تهديدات من داعش", ["THREATEN تهديدات: daesh > @MED"]),
        ("توعد داعش بقتل الصحفيين", ["THREATEN/violence توعد: daesh > @MED"]),
        # PROTEST
        ("تظاهر الآلاف في بيروت ضد الحكومة", ["PROTEST/demo تظاهر: @PRO > @GOV"]),
        ("خرجت مظاهرات في بغداد ضد الحكومة العراقية", ["PROTEST/demo مظاهرات: @PRO > iraq-government"]),
        ("نفذ عمال المصنع إضرابا", ["PROTEST/strike إضرابا: @LAB > @GOV"]),
        ("دخل الأسرى في إضراب عن الطعام", ["PROTEST/hunger إضراب عن الطعام: @PRO > @GOV"]),
        # SANCTION
        ("فرضت الولايات المتحدة عقوبات على إيران", ["SANCTION/discontinue فرضت: usa > iran"]),
        ("قطعت السعودية علاقاتها مع إيران", ["SANCTION/discontinue قطعت: saudi-arabia > iran"]),
        ("طردت تركيا السفير السوري", ["SANCTION/expel طردت: turkey > @GOV"]),
        ("قضت محكمة في بغداد بإعدام ثلاثة متهمين", ["SANCTION/convict قضت: @JUD > @CRM"]),
        ("حكمت محكمة على صحفي بالسجن خمس سنوات", ["SANCTION/convict حكمت: @JUD > @MED"]),
        ("سحبت السعودية سفيرها من إيران", ["SANCTION/withdraw سحبت: saudi-arabia > iran"]),
        ("صنفت الولايات المتحدة حركة الشباب منظمة إرهابية", ["SANCTION/discontinue صنفت: usa > shabaab"]),
        # MOBILIZE
        ("نشرت تركيا قوات في شمال سوريا", ["MOBILIZE/troops نشرت: turkey > "]),
        ("أجرت إيران تجربة لصاروخ باليستي", ["MOBILIZE/weapons تجربة: iran > "]),
        ("أعلن الجيش السوداني التعبئة العامة", ["MOBILIZE/troops التعبئة العامة: sudan-army > "]),
        ("انتشار كثيف للشرطة في بيروت", ["MOBILIZE/police انتشار: @COP > "]),
        # two acts in one utterance
        (
            "أدانت روسيا الغارة وطالبت بوقف القتال",
            ["ACCUSE/disapprove أدانت: russia > @UNK", "REQUEST/yield طالبت: russia > @UNK"],
        ),
        # who spoke in the sentence before
        (
            "انتقد حزب الله إسرائيل. كما دعا إيران إلى الحوار",
            ["ACCUSE/disapprove انتقد: hezbollah > israel", "REQUEST/meet دعا: hezbollah > iran"],
        ),
    ],
)  # fmt: skip
def test_a_sentence_tells_each_type(text: str, expected: list[str]) -> None:
    assert coded(annotate(written(text))) == expected


@pytest.mark.parametrize(
    "text",
    [
        "فاز المنتخب في مباراة هجومية",
        "هجوم من اللاعبين على المرمى في مباراة الدوري",
        "احتل الفريق المركز الأول",
        "اندلع حريق وتمت السيطرة على ألسنة اللهب",
        "مقتل أربعة ركاب في تحطم الطائرة",
        "وصل الوزير إلى المطار",
        "قال الوزير إن الأمن مستقر",
        "قاد الجنرال قوات الاحتلال",
        "حقق الفريق فوزا",
        "طالب في الجامعة فاز بجائزة",
        "رفض الوزير التعليق",
        "مقاطعة في الصين",
        "صدر بيان عن الوزارة",
        "يهدد الجفاف ملايين السكان",
        "الأخبار الصادرة عن السلطات",
        "أطلقت الشركة هاتفا جديدا",
        "وقع زلزال في إيران",
        "عقد من الزمن",
        "ارتفعت الأسعار فجر الأحد",
        "إلقاء محاضرة في الجامعة",
        "تسلق ثلاثة شبان قمة الجبل",
        "سيارة تتوقف عند نقطة تفتيش",
        "مؤتمر عن مكافحة التفجيرات",
        "تقرير عن التعذيب",
    ],
)
def test_what_is_no_act_of_one_to_another_is_no_event(text: str) -> None:
    assert coded(annotate(written(text))) == []


@pytest.mark.parametrize(
    ("text", "reality"),
    [
        ("ستزور رئيسة الوزراء العراق", "planned"),
        ("من المقرر أن يلتقي الوزير وفدا من قسد", "planned"),
        ("إحباط هجوم لداعش في بغداد", "hypothetical"),
        ("لم تهاجم إسرائيل إيران", "denied"),
        ("نفى الجيش السوداني انسحابه من الخرطوم", "denied"),
    ],
)
def test_what_has_not_happened_is_marked(text: str, reality: str) -> None:
    (event,) = annotate(written(text)).events
    assert event.reality == reality


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        (
            "إسرائيل تقصف دمشق",
            "قصفت إسرائيل مواقع في سوريا أمس. وجاء القصف بعد يوم هادئ.",
            ["ASSAULT/aerial قصفت: israel > @CVL"],
        ),
        ("لقاء بين إيران والسعودية", "اجتمع وفدان من إيران والسعودية في بغداد.", ["CONSULT اجتمع: iran + saudi-arabia > "]),
    ],
)  # fmt: skip
def test_title_and_body_tell_one_event(title: str, text: str, expected: list[str]) -> None:
    assert coded(annotate(written(text, title=title))) == expected


def test_a_person_acts_for_whom_the_title_names() -> None:
    text = "قال القيادي في حماس «زياد طارق حسن» إن الوضع صعب. واتهم «زياد طارق حسن» إسرائيل بالتصعيد."
    assert coded(annotate(written(text))) == ["ACCUSE/allege اتهم: زياد طارق حسن + hamas > israel"]


@pytest.mark.parametrize(
    "word", ["هاجم داعش قسد و", "زيارة إلى ", "اتفاق بين ", "دعت إلى وقف القصف على ", "السعودية والرئيس "]
)
def test_a_text_without_end_is_coded_in_seconds(word: str) -> None:
    annotate(written(word * (60_000 // len(word))))
