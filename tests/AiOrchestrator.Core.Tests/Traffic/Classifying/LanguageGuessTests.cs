using AiOrchestrator.Core.Traffic.Classifying;

namespace AiOrchestrator.Core.Tests.Traffic.Classifying;

public sealed class LanguageGuessTests
{
    [Theory]
    [InlineData("en", "The meeting is on Tuesday, and we have not yet booked a room for it.")]
    [InlineData("de", "Die Besprechung ist am Dienstag, und wir haben noch keinen Raum gebucht.")]
    [InlineData("fr", "La réunion est mardi et nous n'avons pas encore réservé de salle.")]
    [InlineData("es", "La reunión es el martes y todavía no hemos reservado una sala para ella.")]
    [InlineData("pt", "A reunião é na terça-feira e ainda não reservamos uma sala para ela.")]
    [InlineData("it", "La riunione è martedì e non abbiamo ancora prenotato una sala per questa.")]
    [InlineData("nl", "De vergadering is op dinsdag en we hebben nog geen zaal geboekt.")]
    [InlineData("sv", "Mötet är på tisdag och vi har inte bokat något rum för det än.")]
    [InlineData("da", "Mødet er på tirsdag, og vi har ikke booket et lokale til det, hvad gør vi blev der sagt.")]
    [InlineData("no", "Møtet er på tirsdag, og vi har ikke bestilt rom til det, hva skal jeg gjøre og hvordan.")]
    [InlineData("fi", "Kokous on tiistaina, ja me emme ole vielä varanneet huonetta, mutta se ei ole minun vikani.")]
    [InlineData("pl", "Spotkanie jest we wtorek i nie zarezerwowaliśmy jeszcze sali na to.")]
    [InlineData("cs", "Schůzka je v úterý a ještě jsme na to nerezervovali místnost, která by byla větší.")]
    [InlineData("ro", "Ședința este marți și nu am rezervat încă o sală pentru aceasta.")]
    [InlineData("hu", "A megbeszélés kedden van, és még nem foglaltunk termet, mert nem volt idő.")]
    [InlineData("tr", "Toplantı salı günü ve bunun için daha bir oda ayırtmadık, çok geç değil mi.")]
    [InlineData("vi", "Cuộc họp là vào thứ ba và chúng tôi chưa đặt phòng cho cuộc họp này.")]
    [InlineData("id", "Rapat ini akan diadakan pada hari Selasa dan kami tidak memesan ruangan untuk itu.")]
    [InlineData("ru", "Встреча во вторник, и мы ещё не забронировали для неё комнату.")]
    [InlineData("uk", "Зустріч у вівторок, і ми ще не забронювали для неї кімнату.")]
    [InlineData("bg", "Срещата е във вторник и още не сме запазили зала, защото не е ясно кой ще дойде, как да са всички.")]
    [InlineData("el", "Η συνάντηση είναι την Τρίτη και δεν έχουμε κλείσει αίθουσα.")]
    [InlineData("ar", "الاجتماع يوم الثلاثاء ولم نحجز قاعة بعد.")]
    [InlineData("fa", "جلسه روز سه‌شنبه است و ما هنوز اتاقی برای آن رزرو نکرده‌ایم.")]
    [InlineData("he", "הפגישה היא ביום שלישי ועדיין לא הזמנו חדר.")]
    [InlineData("hi", "बैठक मंगलवार को है और हमने अभी तक कमरा बुक नहीं किया है।")]
    [InlineData("th", "การประชุมคือวันอังคารและเรายังไม่ได้จองห้อง")]
    [InlineData("ko", "회의는 화요일이고 우리는 아직 방을 예약하지 않았습니다.")]
    [InlineData("ja", "会議は火曜日ですが、まだ部屋を予約していません。")]
    [InlineData("zh", "会议在星期二,我们还没有预订房间。")]
    public void A_sentence_is_told(string language, string text) => Assert.Equal(language, LanguageGuess.Of(text));

    [Theory]
    [InlineData("")]
    [InlineData("12345 !?")]
    [InlineData("x = y; foo(bar);")]
    [InlineData("\uD800\uDFFF🙂")]
    public void What_is_no_language_is_not_told(string text) => Assert.Equal("und", LanguageGuess.Of(text));

    [Theory]
    [InlineData("en", "Please translate 你好世界 for me into the language of my friend")]
    [InlineData("ja", "GPUのCUDAカーネルを最適化する方法")]
    [InlineData("zh", "请解释 TCP/IP 协议和 HTTP 的区别")]
    public void Names_in_another_script_do_not_decide(string language, string text) => Assert.Equal(language, LanguageGuess.Of(text));
}
